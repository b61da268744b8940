"""The draws and the functions of the reference, before anything is compared with it."""

import itertools
import math
from typing import Any

import pytest

from . import philox
from .codes import STRIDE, CrisisDraw, Layout, Purpose
from .defaults import PRESETS, UN_SECURITY_COUNCIL
from .mathematics import contest, logistic, poisson_binomial_tail, three_way_logit
from .philox import Draws, normal, philox4x32, uniform
from .support import SEED, simulate

PI_DIGITS = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
ONES = 0xFFFFFFFF


class TestDraws:
    """Philox, and what a draw is a function of."""

    @pytest.mark.parametrize(
        ("counter", "key", "rounds", "output"),
        [
            ((0, 0, 0, 0), (0, 0), 10, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
            ((ONES,) * 4, (ONES,) * 2, 10, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
            (PI_DIGITS[:4], PI_DIGITS[4:], 10, "d16cfe09 94fdcceb 5001e420 24126ea1"),
            ((0, 0, 0, 0), (0, 0), 7, "5f6fb709 0d893f64 4f121f81 4f730a48"),
            ((ONES,) * 4, (ONES,) * 2, 7, "5207ddc2 45165e59 4d8ee751 8c52f662"),
            (PI_DIGITS[:4], PI_DIGITS[4:], 7, "4dfccaba 190a87f0 c47362ba b6b5242a"),
            ((1, 0, 0, 0), (0, 0), 10, "f8e4cca4 5cb200db b1a574eb 097eff67"),
            ((0, 1, 0, 0), (0, 0), 10, "6ad0c5ec ea236249 73a459f5 074944b3"),
            ((0, 0, 1, 0), (0, 0), 10, "844515e1 f08d6eaa 0f19c053 83f875f0"),
            ((0, 0, 0, 1), (0, 0), 10, "2dce73e5 1348e23f fcf8e0ec a287aadb"),
            ((0, 0, 0, 0), (1, 0), 10, "e3e80670 e50a0ebc 95f222c0 b615aa27"),
            ((0, 0, 0, 0), (0, 1), 10, "fdde3e0b fa7e58b6 3380ec46 d8d55c4f"),
            ((0, 1, 2, 3), (4, 5), 10, "c427af5d e75eea3a 47c2b122 5ffb03c7"),
            ((2, 0, 0, 0), (0, 0), 10, "04faa329 51c732a6 241513ad 459135e4"),
            ((0, 0, 0, 0), (0xDEADBEEF, 0x12345678), 10, "d8830217 d18bb386 0cb1c71d bdd96e0b"),
        ],
    )
    def test_philox_gives_the_known_answers(
        self, counter: philox.Block, key: tuple[int, int], rounds: int, output: str
    ) -> None:
        assert " ".join(f"{word:08x}" for word in philox4x32(counter, key, rounds)) == output

    def test_a_uniform_is_the_addressed_word_plus_a_half(self) -> None:
        seed, replicate, episode, index = 0x0123456789ABCDEF, 0x0EDCBA9876543210, 7, 2 * STRIDE + 37
        counter = (0x76543210, 0x0EDCBA98, episode, (Purpose.VOTE << 16) | (index >> 2))
        word = philox4x32(counter, (0x89ABCDEF, 0x01234567))[index & 3]
        assert uniform(seed, replicate, episode, Purpose.VOTE, index) == (word + 0.5) / 2**32

    def test_a_pair_of_normals_is_the_cosine_and_the_sine_of_its_uniforms(self) -> None:
        address = (SEED, 5, 3, Purpose.COST)
        u, w = uniform(*address, 10), uniform(*address, 11)
        radius = math.sqrt(-2.0 * math.log(u))
        assert normal(*address, 10) == radius * math.cos(2.0 * math.pi * w)
        assert normal(*address, 11) == radius * math.sin(2.0 * math.pi * w)

    def test_normals_have_mean_zero_and_variance_one(self) -> None:
        n = 20_000
        sample = [normal(SEED, replicate, 0, Purpose.COST, replicate % 5) for replicate in range(n)]
        mean = sum(sample) / n
        variance = sum(x * x for x in sample) / n - mean**2
        assert abs(mean) < 4.0 / math.sqrt(n)
        assert abs(variance - 1.0) < 4.0 * math.sqrt(2.0 / n)

    def test_every_draw_has_its_own_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: dict[tuple[int, int, int], tuple[str, float]] = {}

        def record(kind: str) -> Any:
            original = getattr(Draws, kind)

            def draw(self: Draws, purpose: int, index: int) -> float:
                value: float = original(self, purpose, index)
                assert seen.setdefault((self.episode, purpose, index), (kind, value)) == (kind, value)
                return value

            return draw

        monkeypatch.setattr(Draws, "uniform", record("uniform"))
        monkeypatch.setattr(Draws, "normal", record("normal"))
        simulate(UN_SECURITY_COUNCIL, 0, episodes=30, challenge_cost=-50.0, layout=Layout.PLANE)
        simulate(PRESETS["league_of_nations"], 0, episodes=30, challenge_cost=-50.0, layout=Layout.PLANE)
        purposes = {Purpose(purpose) for _, purpose, _ in seen}
        assert purposes == set(Purpose) - {
            Purpose.CAPABILITY_UNIFORM,
            Purpose.GAMMA_NORMAL,
            Purpose.GAMMA_UNIFORM,
        }
        uniforms_at_start = (Purpose.BLOC, Purpose.POSITION, Purpose.MEMBERSHIP)
        assert {episode for episode, purpose, _ in seen if purpose in uniforms_at_start} == {0}
        assert max(index for _, purpose, index in seen if purpose == Purpose.VOTE) < 4 * STRIDE
        assert max(index for _, purpose, index in seen if purpose == Purpose.CRISIS) == CrisisDraw.WAR

    def test_every_institution_finds_the_same_first_crisis(self) -> None:
        for replicate in range(30):
            first = {repr(simulate(preset, replicate).episodes[0].crisis) for preset in PRESETS.values()}
            assert len(first) == 1

    def test_a_longer_history_begins_with_the_shorter_one(self) -> None:
        for replicate in range(20):
            short = simulate(UN_SECURITY_COUNCIL, replicate, episodes=3)
            assert simulate(UN_SECURITY_COUNCIL, replicate, episodes=9).episodes[:3] == short.episodes


class TestMathematics:
    """The functions that the model is written in."""

    def test_the_poisson_binomial_tail_agrees_with_enumeration(self) -> None:
        probabilities = [uniform(SEED, 1, 0, 0, k) for k in range(9)] + [0.0, 1.0]
        for need in range(-1, len(probabilities) + 2):
            exact = math.fsum(
                math.prod(p if yes else 1.0 - p for p, yes in zip(probabilities, votes, strict=True))
                for votes in itertools.product((0, 1), repeat=len(probabilities))
                if sum(votes) >= need
            )
            assert poisson_binomial_tail(probabilities, need) == pytest.approx(exact, abs=1e-14)

    def test_the_contest_is_finite_and_symmetric_for_every_legal_input(self) -> None:
        strengths = [0.0, 1e-270, 1e-30, 0.3, 1.0, 1e30]
        for attack, defence, decisiveness in itertools.product(strengths, strengths, [1e-9, 0.7, 10.0]):
            odds = contest(attack, defence, decisiveness)
            assert 0.0 <= odds <= 1.0
            assert odds + contest(defence, attack, decisiveness) == pytest.approx(1.0)

    def test_the_three_way_logit_is_finite_for_every_legal_input(self) -> None:
        values = [-1e9, -1e3, -1.0, 0.0, 1.0, 1e3, 1e9]
        for help_value, join_value, noise in itertools.product(values, values, [0.01, 0.4, 10.0]):
            helping, joining = three_way_logit(help_value, join_value, noise)
            assert 0.0 <= helping <= 1.0
            assert 0.0 <= joining <= 1.0
            assert helping + joining <= 1.0 + 1e-15
        assert three_way_logit(0.0, 0.0, 0.4) == pytest.approx((1 / 3, 1 / 3))

    def test_the_logistic_is_finite_everywhere(self) -> None:
        assert logistic(-1e9) == 0.0
        assert logistic(0.0) == 0.5
        assert logistic(1e9) == 1.0
