"""Tables of how cost grows with the size of a sweep."""

from collections.abc import Sequence

from bench.scaling import FEW, POINTS, REPLICATES, Scale, measured
from bench.tables import Figure, number, table

OVERHEAD_GOAL = 0.2
MEMORY_GOAL = 1024.0
RESULT_GOAL, RESUME_GOAL = 60.0, 5.0
#: Crises, each under every preset, to which the measured cost is extrapolated; and cores for them.
CRISES = (10**9, 10**10, 10**11, 10**12)
CORES = (2, 64, 1024)
MEBI = 1 << 20


def measure_scale() -> tuple[list[Scale], list[Scale]]:
    """Sweeps of more and more points, and single points of more and more replicates."""
    return [measured(points, FEW) for points in POINTS], [measured(1, count) for count in REPLICATES]


def scale_figures(largest: Scale) -> list[Figure]:
    """The largest sweep against its goals."""
    command = f"`python -m bench.scaling {largest.points} {largest.replicates}`"
    name = f"sweep of {largest.points:,} points of {largest.replicates} replicates"
    return [
        Figure(f"{name}, processor time beside the kernel's", largest.overhead, "of all", command, OVERHEAD_GOAL),
        Figure("– most memory", largest.peak / MEBI, "MiB", command, MEMORY_GOAL),
        Figure("– writing the labelled result", largest.result, "s", command, RESULT_GOAL),
        Figure("– until a run of it that is finished finds that it is", largest.resume, "s", command, RESUME_GOAL),
    ]


def points_table(sweeps: Sequence[Scale]) -> str:
    """What a point costs, by the number of points."""
    head = (
        "points",
        "kernel",
        "store",
        "result",
        "beside the kernel",
        "memory",
        "resume",
        "disk",
    )
    rows = []
    for found in sweeps:
        times = (found.kernel, found.run - found.kernel, found.result)
        rows.append(
            (
                f"{found.points:,}",
                *(f"{number(seconds / found.points * 1e6)} µs" for seconds in times),
                f"{found.overhead:.0%}",
                f"{number(found.peak / MEBI)} MiB",
                f"{number(found.resume)} s",
                f"{number((found.store + found.dataset) / found.points)} bytes",
            )
        )
    return table(head, rows)


def replicates_table(histories: Sequence[Scale]) -> str:
    """What a replicate costs, by the number of replicates."""
    head = ("replicates", "kernel, ns", "all, ns", "seconds, two threads", "memory", "disk")
    rows = [
        (
            f"{found.replicates:,}",
            number(found.kernel / found.episodes * 1e9),
            number((found.run + found.result) / found.episodes * 1e9),
            number(found.wall),
            f"{number(found.peak / MEBI)} MiB",
            f"{number((found.store + found.dataset) / 1024)} KiB",
        )
        for found in histories
    ]
    return table(head, rows)


def estimate_table(sweep: Scale, point: Scale) -> str:
    """What large sweeps would cost: a million points, each with its share of the crises; an estimate."""
    each = (point.run + point.result) / point.episodes * point.institutions
    beside = (sweep.run - sweep.kernel + sweep.result) / sweep.points
    rows = []
    for crises in CRISES:
        seconds = crises * each + sweep.points * beside
        hours = [f"{number(seconds / 3600 / cores)} h" for cores in CORES]
        replicates = crises // sweep.points
        rows.append((f"10^{len(str(crises)) - 1}", f"{replicates:,}", *hours))
    return table(("crises", "replicates a point", *(f"{cores:,} cores" for cores in CORES)), rows)
