"""How far a run is: plain numbers for whoever shows them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from csmc.config import Experiment
from csmc.engine.spans import Costs
from csmc.kernel.result import Integers


@dataclass(frozen=True)
class Progress:
    """The state of a run, in crisis episodes; every institution meets each of them."""

    total: int  #: asked for
    kept: int  #: found finished in the store when this run began
    done: int  #: finished, with those kept
    institutions: int
    seconds: float  #: since its workers were ready

    @property
    def fraction(self) -> float:
        """Share of the episodes that is finished."""
        return self.done / self.total if self.total else 1.0

    @property
    def rate(self) -> float:
        """Crisis episodes per second in this run."""
        return (self.done - self.kept) / self.seconds if self.seconds > 0 else 0.0

    @property
    def institution_rate(self) -> float:
        """Institution-episodes per second in this run."""
        return self.rate * self.institutions

    @property
    def eta(self) -> float | None:
        """Seconds left at this rate; None before anything has finished."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


#: Called with the state of the run whenever it has changed.
OnProgress = Callable[[Progress], None]


class Meter:
    """Counts finished spans of one run."""

    def __init__(self, experiment: Experiment, costs: Costs, total: int, missing: int) -> None:
        kept = total - missing
        self._costs = costs
        self._start = time.monotonic()
        self.progress = Progress(total, kept, kept, len(experiment.institutions), 0.0)

    def start(self) -> None:
        """Start the clock: the workers are ready."""
        self._start = time.monotonic()

    def add(self, spans: Integers) -> Progress:
        """Count more finished spans (span, 3), see `as_array`."""
        done = self.progress.done + self._costs.episodes(spans)
        self.progress = replace(self.progress, done=done, seconds=time.monotonic() - self._start)
        return self.progress


def total_episodes(experiment: Experiment) -> int:
    """Crisis episodes of a whole experiment."""
    return experiment.sampling.replicates * int(sum(experiment.values_of("dynamics.episodes")))
