"""The engine against its goals."""

from bench.engine import FirstBlock, Overhead, Recorded, measured
from bench.tables import Figure

#: Shares of the cores' time beside the kernel and the store, in long tasks and in tiny points.
LONG_GOAL, TINY_GOAL = 0.02, 0.10
#: Points a second that a store records.
RECORDED_GOAL = 20_000.0


def overhead_figures(part: str, place: str) -> list[Figure]:
    """What one engine costs."""
    found = {work: Overhead(**taken) for work, taken in measured(part).items()}
    long, tiny, command = found["long"], found["tiny"], f"`python -m bench.engine {part}`"
    points = f"{tiny.points:,} points of {tiny.replicates} replicates"
    return [
        Figure(f"{place}, tasks of 1 s: beside the kernel and the store", long.share, "of all", command, LONG_GOAL),
        Figure(f"{place}, {points}: beside the kernel and the store", tiny.share, "of all", command, TINY_GOAL),
        Figure("– the driver's processor time for a point", 1e6 * tiny.driver / tiny.points, "µs", command),
        Figure("– and for a task of 1 s", 1e3 * long.driver / long.tasks, "ms", command),
    ]


def engine_figures() -> list[Figure]:
    """All of the engine."""
    stored, first = Recorded(**measured("store")), FirstBlock(**measured("start"))
    starting, storing = (f"`python -m bench.engine {part}`" for part in ("start", "store"))
    return [
        *overhead_figures("threads", "threads"),
        *overhead_figures("ray", "Ray"),
        Figure("points that a store records", stored.recorded, "a second", storing, RECORDED_GOAL, at_least=True),
        Figure("– that the next run takes up again", stored.taken_up, "a second", storing),
        Figure("first block on disk, threads", first.threads, "s", starting),
        Figure("first block on disk, Ray", first.ray, "s", starting),
    ]
