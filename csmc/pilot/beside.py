"""What a run takes beside the kernel, by really storing what a pilot counted and making a result of it.

Edit here when a run does something new with what has been counted. All is in a temporary folder, and gone afterwards.
"""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.engine.cuts import Cuts
from csmc.engine.pending import COMMIT_BYTES
from csmc.engine.records import chunk_points
from csmc.engine.store import Store
from csmc.engine.tallies import Counted
from csmc.estimate import plan
from csmc.kernel.result import LIMB_BITS, Integers, Tallies, carry, from_rows, tally_shapes
from csmc.pilot.forecast import Line
from csmc.pilot.sample import Chosen
from csmc.pilot.simulate import Simulated
from csmc.results import assemble, result_path

#: Results are made so many times at most, and no more of them after so many seconds.
ROUNDS, ROUNDS_SECONDS = 3, 3.0
#: Tallies are scaled up by this at most, so that they stay within 64 bits.
_MOST_TIMES = 1 << 27


class Beside(NamedTuple):
    """Seconds of processor time and bytes, see `csmc.pilot.forecast.Measured`."""

    commit: Line
    commit_bytes: Line
    result: Line
    result_bytes: Line
    spec_bytes: int


def measure_beside(experiment: Experiment, pilot: Simulated, cuts: Cuts) -> Beside:
    """Store what was counted at some points of an experiment, and make a result of it: of one point, and of all.

    What a point adds to a time is little beside what other work on the machine does. So times are of a whole chunk of
    points, in which the same ones come again and again, and the least of a few. Bytes are of rows as `cuts` cut them.
    """
    shapes = tally_shapes(len(experiment.institutions), plan(experiment))
    found, most = len(pilot.points), experiment.sampling.most
    crowd = np.resize(np.arange(found), max(found, chunk_points(shapes, experiment.n_points)))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="csmc-plan-") as folder:

        def stored(which: Integers, replicates: int) -> _Stored:
            return _stored(experiment, pilot, which, replicates, Path(tempfile.mkdtemp(dir=folder)) / "out")

        def kept(which: Integers) -> _Kept:
            return _kept(stored(which, most))

        first, every = kept(crowd[:1]), kept(crowd[:found])
        of_a_row = most // (int(np.count_nonzero(cuts.edges < most)) + 1)
        first_row, every_row = stored(crowd[:1], of_a_row), stored(crowd[:found], of_a_row)
        one, many = [kept(crowd[:1])], [every if len(crowd) == found else kept(crowd)]
        while len(many) < ROUNDS and time.monotonic() - began < ROUNDS_SECONDS:
            one.append(kept(crowd[:1]))
            many.append(kept(crowd))
    return Beside(
        _line(min(each.commit for each in one), min(each.commit for each in many), len(crowd), many[0].files),
        _line(first_row.block_bytes, every_row.block_bytes, found, every_row.files),
        _line(min(each.result for each in one), min(each.result for each in many), len(crowd)),
        _line(first.result_bytes, every.result_bytes, found),
        first_row.spec_bytes,
    )


def _line(first: float, every: float, count: int, firsts: int = 1) -> Line:
    return Line(first, max(every - firsts * first, 0.0) / max(count - firsts, 1))


class _Stored(NamedTuple):
    """Some points in a store: what they are of, the seconds that it took, bytes and files."""

    experiment: Experiment
    store: Store
    commit: float
    block_bytes: int
    files: int
    spec_bytes: int


class _Kept(NamedTuple):
    """The seconds of a store, and of the result that was made of it."""

    commit: float
    files: int
    result: float
    result_bytes: int


def _stored(experiment: Experiment, pilot: Simulated, which: Integers, replicates: int, path: Path) -> _Stored:
    """Store some points of a pilot in a folder of their own, as if of so many replicates."""
    chosen = experiment.over(Chosen(experiment.design, tuple(pilot.points[which].tolist())))
    counted = _as_if_of(replicates, chosen, pilot, which)
    store = Store(path)
    with store.claim(chosen, plan(chosen)):
        size = max(COMMIT_BYTES // counted.rows[0].nbytes, 1)
        began = time.thread_time()
        for first in range(0, len(which), size):
            some = slice(first, first + size)
            store.commit(Counted(counted.spans[some], counted.keys[some], counted.rows[some]))
        commit = time.thread_time() - began
    blocks = _size(path / "blocks")
    return _Stored(chosen, store, commit, blocks, -(-len(which) // size), _size(path) - blocks)


def _kept(stored: _Stored) -> _Kept:
    """Make a result of what has been stored."""
    began = time.process_time()
    assemble(stored.experiment, stored.store)
    result = time.process_time() - began
    return _Kept(stored.commit, stored.files, result, _size(result_path(stored.store.path)))


def _as_if_of(most: int, experiment: Experiment, pilot: Simulated, which: Integers) -> Counted:
    """What was counted as if each history had been seen again and again, up to most replicates; the points from 0.

    Where a pilot has counted more, it is a part of that. Larger numbers take more bytes; an odd number of times leaves
    them no zeros at the end, which would take fewer.
    """
    replicates = pilot.replicates[which]
    times = np.minimum(most // replicates, _MOST_TIMES) | 1
    rows = pilot.rows[which] * times[:, None]
    tallies = from_rows(rows, tally_shapes(len(experiment.institutions), plan(experiment)))
    _divide(carry(tallies), np.maximum(replicates // most, 1))
    numbers = np.arange(len(which))
    return Counted(np.stack([numbers, 0 * numbers, replicates * times], axis=1), pilot.keys[which], rows)


def _divide(tallies: Tallies, parts: Integers) -> None:
    """Leave one of so many parts (point,) of what has been counted, in place."""
    fields = tallies._asdict()
    for name, field in fields.items():
        each = parts.reshape(-1, *[1] * (field.ndim - 1))
        if name.endswith("_high"):  # which comes before the low half
            low = fields[name.replace("_high", "_low")]
            low += (field % each) << LIMB_BITS
        field //= each


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
