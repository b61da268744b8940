"""Nanoseconds per institution-episode of the kernel: the call of `csmc.kernel.tally` itself, nothing around it.

An institution-episode is one episode under one institution. A time is that of one thread unless it says otherwise.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

from csmc.benchmark.timing import Timing, Work, interleaved
from csmc.estimate.metrics import METRICS, cross_pairs, own_pairs
from csmc.institutions import get, names, pack_institutions
from csmc.kernel import Plan, Tallies, tally
from csmc.kernel.codes import Tally
from csmc.parameters import defaults, pack_point
from csmc.system import build_system

Key = TypeVar("Key")

SEED = 20261122
#: Replicates come in multiples of this, a multiple of the lanes of a batch: no lane is idle.
BATCH = 256
#: A call lasts about this long: long against the clock and the call, short against what else the machine does.
CALL_SECONDS = 0.01

#: Nobody challenges: every episode ends at the first exit.
EARLY_EXIT: Mapping[str, float] = {"crisis.challenge_cost": 1e3}
#: Everybody challenges and nobody backs down. War costs next to nothing, so a target refuses whenever the challenger
#: overrates itself: half of all demands, less what is mediated. The rules of the bargain allow no more.
FULL_PATH: Mapping[str, float] = {
    "crisis.challenge_cost": -1e3,
    "crisis.audience_cost": 1e3,
    "crisis.war_cost": 1e-9,
    "crisis.misperception": 1.0,
}


def full_plan() -> Plan:
    """Every metric with its paired difference, as a run counts them by default."""
    return Plan(own_pairs(METRICS.values()), cross_pairs(METRICS.values()))


@dataclass(frozen=True)
class Case:
    """A design point and the presets that it is played under.

    changes: parameters that differ from their defaults, by path.
    """

    n_states: int
    episodes: int
    institutions: tuple[str, ...] = field(default_factory=names)
    changes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def records(self) -> tuple[Any, Any, Any]:
        """The point, the system and the institutions, as the kernel takes them."""
        sizes = {"system.n_states": self.n_states, "dynamics.episodes": self.episodes}
        values = {**defaults(), **sizes, **self.changes}
        return pack_point(values), build_system(values), pack_institutions(list(map(get, self.institutions)))

    @cached_property
    def _plan(self) -> Plan:
        return full_plan()

    def arguments(self, first: int, count: int, plan: Plan | None = None) -> tuple[Any, ...]:
        """Those of `csmc.kernel.tally` for replicates `first` .. `first + count - 1`; by default with the full plan."""
        return (*self.records, SEED, first, count, plan or self._plan)

    def simulate(self, first: int, count: int, plan: Plan | None = None) -> Tallies:
        """Their tallies."""
        return tally(*self.arguments(first, count, plan))

    def work(self, replicates: int) -> int:
        """Institution-episodes of so many replicates."""
        return replicates * self.episodes * len(self.institutions)


def replicates_for(case: Case, seconds: float = CALL_SECONDS) -> int:
    """How many replicates take about `seconds`, in whole batches."""
    pilot = interleaved({"replicate": Work(partial(case.simulate, 0, BATCH), BATCH)}, 0.0)
    return BATCH * max(1, round(seconds * 1e9 / pilot["replicate"].best / BATCH))


def kernel_work(case: Case) -> Work:
    """A call of the kernel, a piece of work being one institution-episode."""
    count = replicates_for(case)
    return Work(partial(case.simulate, 0, count), case.work(count))


def time_cases(cases: Mapping[Key, Case], seconds: float) -> dict[Key, Timing]:
    """Nanoseconds per institution-episode of each case; `seconds` are for all of them together."""
    return interleaved({key: kernel_work(case) for key, case in cases.items()}, seconds)


def share_of_responses(case: Case, replicates: int = 4 * BATCH) -> float:
    """The share of institution-episodes that reach a response, of the given replicates."""
    sums = case.simulate(0, replicates, Plan(joint="none")).sums
    reached = sums[:, Tally.REFUSALS].sum() - sums[:, Tally.BACKDOWN].sum()
    return float(reached) / case.work(replicates)


class Sharing(NamedTuple):
    """What it saves to play several institutions on the same crises. Nanoseconds per institution-episode."""

    together: Timing
    alone: dict[str, Timing]

    @property
    def gain(self) -> float:
        """The time of all single runs over that of the run together."""
        return sum(timing.cpu for timing in self.alone.values()) / (len(self.alone) * self.together.cpu)


def time_sharing(case: Case, seconds: float) -> Sharing:
    """Time the case's institutions together and one at a time."""
    singles = {name: Case(case.n_states, case.episodes, (name,), case.changes) for name in case.institutions}
    times = time_cases({None: case, **singles}, seconds)
    return Sharing(times.pop(None), {name: times[name] for name in singles})


class Scaling(NamedTuple):
    """What several threads of one process achieve, against one."""

    threads: int
    #: Episodes per second on the wall, over those of one thread; at best and at the median.
    best_speedup: float
    speedup: float
    #: Processor time per episode, over that of one thread.
    cpu: float


def time_threads(case: Case, threads: int, seconds: float) -> Scaling:
    """Time `threads` threads on disjoint ranges of replicates, each as long as the range of the one thread."""
    count = replicates_for(case, 5 * CALL_SECONDS)
    with ThreadPoolExecutor(threads) as pool:

        def together() -> None:
            list(pool.map(lambda thread: case.simulate(thread * count, count), range(threads)))

        works = {"one": Work(partial(case.simulate, 0, count), count), "several": Work(together, threads * count)}
        times = interleaved(works, seconds)
    one, several = times["one"], times["several"]
    return Scaling(threads, one.best / several.best, one.median / several.median, several.cpu / one.cpu)
