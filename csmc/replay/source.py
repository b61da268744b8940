"""What can be replayed: an experiment, or a finished run and the replicates that it has. Nothing is written."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csmc.config import Experiment
from csmc.config.sections import MAX_REPLICATES
from csmc.engine.index import FIRST, STOP, joined
from csmc.engine.store import Store
from csmc.errors import ParameterError, StoreError, suggestion
from csmc.estimate import plan

#: An experiment, the output directory of a run, or the result.zarr in one.
Source = Experiment | str | os.PathLike[str]

#: So many ranges of replicates are named in a message.
SHOWN = 3


@dataclass(frozen=True)
class Run:
    """An experiment, and its store if it has been run."""

    experiment: Experiment
    store: Store | None = None

    @property
    def names(self) -> list[str]:
        """The institutions, in the order of the experiment."""
        return [institution.name for institution in self.experiment.institutions]

    @property
    def first_choice(self) -> str:
        """The first institution that is not the reference; the reference if there is no other."""
        return next((name for name in self.names if name != self.experiment.reference), self.experiment.reference)

    def institution(self, name: str) -> int:
        """The number of an institution; ParameterError for a name that the experiment does not have."""
        if name not in self.names:
            near = suggestion(name, self.names) or f" (it has: {', '.join(self.names)})"
            raise ParameterError(f"institution {name!r} is not in the experiment{near}")
        return self.names.index(name)

    def check_point(self, point: int) -> None:
        """Raise ParameterError for a point that the design does not have."""
        if not 0 <= point < self.experiment.n_points:
            raise ParameterError(f"point {point} is outside [0, {self.experiment.n_points - 1}]")

    def check_replicate(self, point: int, replicate: int) -> None:
        """Raise ParameterError for a replicate that there cannot be, or that a run does not have at a point.

        Of an experiment that is no run every replicate can be replayed: its draws are known by its number.
        """
        if self.store is None:
            if not 0 <= replicate < MAX_REPLICATES:
                raise ParameterError(f"replicate {replicate} is outside [0, {MAX_REPLICATES - 1}]")
            return
        finished = self.finished(point)
        if not any(first <= replicate < stop for first, stop in finished):
            raise ParameterError(f"replicate {replicate} is outside {_written(finished)}, what the run has at {point=}")

    def finished(self, point: int) -> list[tuple[int, int]]:
        """The replicates that count at a point, in order: ranges of the first and the one after the last.

        Of an experiment that is no run, those that it asks for. What has been simulated beyond where a point ends, or
        what no look has confirmed yet, is left out, as in the result.

        Raises
        ------
        StoreError
            No work has finished at the point, or a block file is damaged.
        """
        if self.store is None:
            return [(0, self.experiment.sampling.most)]
        ends = self.store.ends
        index = self.store.index if ends is None else self.store.index.before(ends.replicates)
        ranges = joined(index.parts(point, point + 1)[:, :3])
        if not len(ranges):
            raise StoreError(f"{self.store.path}: no work has finished at point {point} yet; `csmc run` goes on")
        return [(int(row[FIRST]), int(row[STOP])) for row in ranges]

    def is_complete(self, point: int) -> bool:
        """Whether all replicates that were asked for at a point, or that a precision needs there, are there."""
        if self.store is None:
            return True
        ends = self.store.ends
        there = sum(stop - first for first, stop in self.finished(point))
        return bool(ends.known[point]) if ends else there >= int(self.store.document["replicates"])


def opened(source: Source | Run) -> Run:
    """Open what can be replayed.

    Raises
    ------
    StoreError
        A path holds no run, the run is damaged, or another version of csmc made it.
    """
    if isinstance(source, Run):
        return source
    if isinstance(source, Experiment):
        return Run(source)
    path = Path(source)
    store = Store(path.parent if path.suffix == ".zarr" else path)
    experiment = store.experiment()
    store.refuse_other_kernel(experiment, plan(experiment))
    return Run(experiment, store)


def _written(ranges: Sequence[tuple[int, int]]) -> str:
    shown = " and ".join(f"[{first}, {stop - 1}]" for first, stop in ranges[:SHOWN])
    return shown if len(ranges) <= SHOWN else f"{shown} and {len(ranges) - SHOWN} more ranges"
