"""How far a run is: plain numbers for whoever shows them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from csmc.config import Experiment
from csmc.engine.spans import Costs
from csmc.engine.tallies import Counted
from csmc.kernel.result import Integers


@dataclass(frozen=True)
class Progress:
    """The state of a run, in crisis episodes; every institution meets each of them."""

    total: int  #: asked for
    kept: int  #: found finished in the store when this run began
    done: int  #: finished under all institutions, with those kept
    played: int  #: institution-episodes simulated by this run
    left: int  #: institution-episodes still to be simulated
    seconds: float  #: since its workers were ready

    @property
    def fraction(self) -> float:
        """Share of the episodes that is finished."""
        return self.done / self.total if self.total else 1.0

    @property
    def rate(self) -> float:
        """Crisis episodes finished per second in this run."""
        return (self.done - self.kept) / self.seconds if self.seconds > 0 else 0.0

    @property
    def institution_rate(self) -> float:
        """Institution-episodes per second in this run."""
        return self.played / self.seconds if self.seconds > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds left at this rate; None before anything has been simulated."""
        return self.left / self.institution_rate if self.institution_rate > 0 else None


#: Spans (span, 3) that have finished under some institutions, and how many are to be simulated in them.
Lacking = tuple[Integers, int]

#: Called with the state of the run whenever it has changed.
OnProgress = Callable[[Progress], None]


class Meter:
    """Counts what one run simulates and finishes."""

    def __init__(
        self, experiment: Experiment, costs: Costs, total: int, missing: int, narrow: Iterable[Lacking]
    ) -> None:
        """`total` and `missing` are episodes; `narrow` is what has finished under some institutions only."""
        self._institutions = len(experiment.institutions)
        self._costs = costs
        self._start = time.monotonic()
        left = missing * self._institutions
        for spans, institutions in narrow:
            missing += costs.episodes(spans)
            left += costs.episodes(spans) * institutions
        self.progress = Progress(total, total - missing, total - missing, 0, left, 0.0)

    def start(self) -> None:
        """Start the clock: the workers are ready."""
        self._start = time.monotonic()

    def add(self, counted: Counted, finished: Integers) -> Progress:
        """Count what a task has simulated, and the spans (span, 3) that have now finished, see `as_array`."""
        played = self._costs.episodes(counted.spans) * (len(counted.institutions) or self._institutions)
        self.progress = replace(
            self.progress,
            done=self.progress.done + self._costs.episodes(finished),
            played=self.progress.played + played,
            left=self.progress.left - played,
            seconds=time.monotonic() - self._start,
        )
        return self.progress

    def expect(self, total: int) -> Progress:
        """Note how many episodes there are now expected to be; none is being simulated."""
        left = (total - self.progress.done) * self._institutions
        self.progress = replace(self.progress, total=total, left=left, seconds=time.monotonic() - self._start)
        return self.progress


def total_episodes(experiment: Experiment) -> int:
    """Crisis episodes of a whole experiment; with a precision, at most."""
    return experiment.sampling.most * int(sum(experiment.values_of("dynamics.episodes")))
