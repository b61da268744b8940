"""Draws: the generator's known answers, and the address of every draw."""

import hashlib

import numba
import numpy as np
import pytest

from csmc.kernel.codes import Assessment, CrisisDraw, Purpose
from csmc.kernel.draws import fill_normals, fill_uniforms, philox
from csmc.kernel.lanes import LANES
from tests.reference import philox as reference

PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)


@numba.njit
def words_at(counters, key, out):
    """Philox4x32-10 at each row of `counters` (n, 4), (n, 4) words."""
    for i in range(counters.shape[0]):
        c0, c1, c2, c3 = counters[i]
        w0, w1, w2, w3 = philox(c0, c1, c2, c3, key[0], key[1])
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = w0, w1, w2, w3


@numba.njit
def uniforms(out, n, replicate, episode, purpose, first, keys):
    fill_uniforms(out, n, replicate, episode, purpose, first, keys)


@numba.njit
def normals(out, n, replicate, episode, purpose, first, keys):
    fill_normals(out, n, replicate, episode, purpose, first, keys)


def drawn(fill, n, replicates, episode, purpose, first, seed):
    """(n, replicate) draws, by batches as wide as the kernel's."""
    parts, keys = [], np.full((1, 1), seed)
    for start in range(0, len(replicates), LANES):
        batch = replicates[start : start + LANES]
        out = np.zeros(((n + 3) // 4 * 4, LANES))
        fill(out, n, batch, episode, purpose, first, keys)
        parts.append(out[:n, : len(batch)])
    return np.concatenate(parts, axis=1)


def words(counters, key):
    counters = np.atleast_2d(np.array(counters, dtype=np.uint64))
    out = np.zeros_like(counters)
    words_at(counters, np.array(key, dtype=np.uint64), out)
    return out


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (PI, (0xA4093822, 0x299F31D0), "d16cfe09 94fdcceb 5001e420 24126ea1"),
        ((1, 0, 0, 0), (0, 0), "f8e4cca4 5cb200db b1a574eb 097eff67"),
        ((0, 1, 0, 0), (0, 0), "6ad0c5ec ea236249 73a459f5 074944b3"),
        ((0, 0, 1, 0), (0, 0), "844515e1 f08d6eaa 0f19c053 83f875f0"),
        ((0, 0, 0, 1), (0, 0), "2dce73e5 1348e23f fcf8e0ec a287aadb"),
        ((0, 0, 0, 0), (1, 0), "e3e80670 e50a0ebc 95f222c0 b615aa27"),
        ((0, 0, 0, 0), (0, 1), "fdde3e0b fa7e58b6 3380ec46 d8d55c4f"),
        ((0, 1, 2, 3), (4, 5), "c427af5d e75eea3a 47c2b122 5ffb03c7"),
        ((0, 0, 0, 0), (0xDEADBEEF, 0x12345678), "d8830217 d18bb386 0cb1c71d bdd96e0b"),
    ],
)
def test_philox_gives_the_published_words(counter, key, expected):
    assert " ".join(f"{word:08x}" for word in words(counter, key)[0]) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ((0, 0), "a9c4030484b84abc1795b133821b8de380fcb6c1f5b140cdb5994657f54a1562"),
        ((0xDEADBEEF, 0x12345678), "d6cbc12531483c20381920540923648197da8ee6c250c83e1017ba389cbbee17"),
    ],
)
def test_a_million_philox_blocks_have_the_published_digest(key, expected):
    counters = np.zeros((1 << 20, 4), dtype=np.uint64)
    counters[:, 0] = np.arange(1 << 20)
    assert hashlib.sha256(words(counters, key).astype("<u4").tobytes()).hexdigest() == expected


@pytest.mark.parametrize("first", [0, 64, 128])
def test_every_draw_is_a_function_of_its_address_alone(first):
    replicate = np.array([0, 1, 77, 2**32 + 3, 2**40], dtype=np.int64)
    seed, episode, purpose = 0xFEDCBA9876543210, 9, Purpose.VOTE
    out = drawn(uniforms, 11, replicate, episode, int(purpose), first, np.uint64(seed))
    expected = [
        [reference.uniform(seed, r, episode, purpose, first + i) for r in map(int, replicate)] for i in range(11)
    ]
    assert (out == expected).all()
    out = drawn(normals, 11, replicate, episode, int(purpose), first, np.uint64(seed))
    expected = [
        [reference.normal(seed, r, episode, purpose, first + i) for r in map(int, replicate)] for i in range(11)
    ]
    np.testing.assert_allclose(out, expected, rtol=0, atol=4e-15)


def test_no_two_draws_of_a_history_share_an_address():
    strides = {Purpose.CRISIS: len(CrisisDraw), Purpose.ASSESSMENT: len(Assessment)}
    blocks = [
        (episode, (int(purpose) << 16) | quad)
        for episode in range(3)
        for purpose in Purpose
        for quad in range(16 * 64 // 4 if purpose not in strides else 2)
    ]
    assert len(blocks) == len(set(blocks))
    assert max(place for _, place in blocks) < 2**32


def test_uniforms_lie_strictly_between_0_and_1_and_have_the_mean_and_variance_of_a_uniform():
    n = 1 << 20
    replicate = np.arange(n // 4, dtype=np.int64)
    out = drawn(uniforms, 4, replicate, 0, int(Purpose.COST), 0, np.uint64(1))
    assert out.min() > 0.0
    assert out.max() < 1.0
    assert abs(out.mean() - 0.5) < 4 * np.sqrt(1 / 12 / n)
    assert abs(out.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / n)


def test_normals_have_the_first_four_moments_of_a_standard_normal():
    n = 1 << 20
    replicate = np.arange(n // 4, dtype=np.int64)
    out = drawn(normals, 4, replicate, 0, int(Purpose.COST), 0, np.uint64(2))
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((out**power).mean() - moment) < 4 * np.sqrt(variance / n)
