"""Write docs/performance.md: every figure measured here and now, in a few minutes; the words are in performance.md.

python -m bench.report [--seconds N] [--output FILE]
"""

import argparse
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench.bench_kernel import ENDS, GRID
from bench.engine_tables import engine_figures
from bench.peer_times import time_peers
from bench.scale_tables import estimate_table, measure_scale, points_table, replicates_table, scale_figures
from bench.scaling import Scale
from bench.stages import time_stages
from bench.start import FIRST_CALL, HELP, best_seconds, run_python
from bench.tables import Figure, number, table
from csmc.benchmark.figures import SIZES, Figures, measure
from csmc.benchmark.kernel import Case, share_of_responses, time_cases, time_sharing, time_threads
from csmc.benchmark.vectors import block_assembly, costly_loops, has_vectors, library_calls, only_scalar, vector_share
from csmc.provenance import commit

TEMPLATE = Path(__file__).with_name("performance.md")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

#: Nanoseconds per institution-episode of all presets together, one thread, by states and episodes.
TIME_GOALS = {(8, 1): 110.0, (8, 20): 160.0, (32, 1): 550.0}
#: Times the roof, by states.
ROOF_GOALS = {8: 2.0, 32: 1.9}
TWIN_GOAL = 1.15
SHARING_GOAL = 2.5
THREADS_GOAL = 1.85
COMPILE_GOAL, CACHED_GOAL, HELP_GOAL = 10.0, 1.5, 0.5
#: Numbers of states for which other ways to simulate are timed.
PEER_STATES = (8, 32)


def sized(size: tuple[int, int]) -> str:
    """States and episodes in words."""
    states, episodes = size
    return f"{states} states, {episodes} episode{'s' if episodes > 1 else ''}"


def machine(figures: Figures) -> str:
    """Where and of what the figures are."""
    facts = dict(figures.machine)
    cpu, cores = facts.pop("cpu"), facts.pop("cores")
    versions = ", ".join(f"{name} {version}" for name, version in facts.items())
    revision = commit().get("git_commit", "")[:12]
    load = f"; load {os.getloadavg()[0]:.1f} when measured" if hasattr(os, "getloadavg") else ""
    return f"{cpu}, {cores} cores{load}; {versions}{f', commit {revision}' if revision else ''}."


def kernel_figures(figures: Figures) -> list[Figure]:
    """The kernel against its goals, the roof and its twin."""
    rows = []
    for found in figures.kernel:
        size, goal = (found.n_states, found.episodes), ROOF_GOALS[found.n_states]
        rows.append(Figure(sized(size), found.timing.cpu, "ns", "`csmc bench`", TIME_GOALS.get(size)))
        rows.append(Figure("– against its roof", found.ratio, f"times {found.roof:.0f} ns", "`csmc bench`", goal))
        if found.twin_ratio is not None:
            rows.append(Figure("– against its twin in C", found.twin_ratio, "times", "`csmc bench`", TWIN_GOAL))
    return rows


def sharing_figures(seconds: float) -> list[Figure]:
    """What playing all presets on the same crises saves."""
    command = "`pytest bench/bench_kernel.py -k alone --benchmark-only`"
    name = "all presets together instead of one by one"
    gains = {size: time_sharing(Case(*size), seconds).gain for size in ((8, 1), (8, 20))}
    return [
        Figure(f"{name}, {sized(size)}", gain, "times faster", command, SHARING_GOAL if size == (8, 1) else None, True)
        for size, gain in gains.items()
    ]


def thread_figures(seconds: float) -> list[Figure]:
    """What a second thread adds."""
    scaling = time_threads(Case(8, 1), 2, seconds)
    command = "`pytest bench/bench_kernel.py -k threads --benchmark-only`"
    return [
        Figure("two threads against one", scaling.speedup, "times faster", command, THREADS_GOAL, True),
        Figure("– at best", scaling.best_speedup, "times faster", command),
        Figure("– processor time per episode", scaling.cpu, "times that of one", command),
    ]


def start_figures() -> list[Figure]:
    """Compiling, loading, importing."""
    command = "`pytest bench/bench_start.py --benchmark-only`"
    with tempfile.TemporaryDirectory() as cache:
        cold = best_seconds(FIRST_CALL, cache, rounds=1)
        cached = best_seconds(FIRST_CALL, cache)
    run_python(HELP)
    return [
        Figure("first call of the kernel, compiling", cold, "s", command, COMPILE_GOAL),
        Figure("first call of the kernel, from its cache", cached, "s", command, CACHED_GOAL),
        Figure("`import csmc`", best_seconds("import csmc"), "s", command),
        Figure("`csmc --help`", best_seconds(HELP), "s", command, HELP_GOAL),
    ]


def figures_table(figures: Figures, largest: Scale, seconds: float) -> str:
    """All figures with a goal, and some without; `largest` is the largest sweep."""
    rows = [
        *kernel_figures(figures),
        *sharing_figures(seconds),
        *thread_figures(seconds),
        *start_figures(),
        *scale_figures(largest),
    ]
    return table_of(rows)


def table_of(figures: Iterable[Figure]) -> str:
    """Figures against their goals."""
    return table(("figure", "measured", "goal", "measured by"), (figure.cells() for figure in figures))


def operations_table(figures: Figures) -> str:
    """What a roof is made of."""
    head = ("", "ns each", *(sized((found.n_states, found.episodes)) for found in figures.kernel))
    rows = [
        (str(operation), f"{timing.cpu:.2f}", *(f"{found.operations[operation]:.1f}" for found in figures.kernel))
        for operation, timing in figures.atoms.items()
        if any(found.operations[operation] for found in figures.kernel)
    ]
    return table(head, [*rows, ("**roof, ns**", "", *(f"**{found.roof:.0f}**" for found in figures.kernel))])


def grid_table(seconds: float) -> str:
    """Time by number of states and length of the history."""
    times = time_cases({size: Case(*size) for size in GRID}, seconds)
    states, lengths = sorted({n for n, _ in GRID}), sorted({length for _, length in GRID})
    rows = [
        (f"{length} episode{'s' if length > 1 else ''}", *(f"{times[n, length].cpu:.0f}" for n in states))
        for length in lengths
    ]
    return table(("ns", *(f"{n} states" for n in states)), rows)


def ends_table(seconds: float) -> str:
    """Time by how crises end."""
    cases = {(name, size): Case(*size, changes=ENDS[name]) for name in ENDS for size in ((8, 1), (8, 20))}
    times = time_cases(cases, seconds)
    rows = [
        (name, sized(size), f"{share_of_responses(cases[name, size]):.0%}", f"{timing.cpu:.0f}")
        for (name, size), timing in times.items()
    ]
    return table(("parameters", "size", "reach a response", "ns"), rows)


def stages_table(seconds: float) -> str:
    """Time by stage of the model."""
    times = {size: time_stages(Case(*size), seconds) for size in SIZES}
    stages = list(dict.fromkeys(stage for taken in times.values() for stage in taken))
    rows = [(stage, *(f"{times[size][stage]:.1f}" for size in SIZES)) for stage in stages]
    total = ("**all**", *(f"**{sum(times[size].values()):.0f}**" for size in SIZES))
    return table(("ns", *map(sized, SIZES)), [*rows, total])


def vectors_table() -> str:
    """What the machine code says."""
    if not has_vectors():
        return "This machine has no AVX2; its machine code was not read."
    assembly = block_assembly()
    loops = costly_loops(assembly)
    scalar = [f"`{function}`" for function in dict.fromkeys(loop.function for loop in only_scalar(loops))]
    return table(
        ("machine code of the kernel's block", ""),
        [
            ("costly arithmetic that has a vector form", f"{vector_share(loops):.0%}"),
            ("functions with a loop that has none", ", ".join(scalar) or "none"),
            ("calls of the mathematical library", ", ".join(sorted(library_calls(assembly))) or "none"),
        ],
    )


def peers_table(seconds: float) -> str:
    """Other ways to simulate the same crises, those that are installed."""
    times = {n: time_peers(n, seconds) for n in PEER_STATES}
    rows = [
        (name, *(number(figure) for n in PEER_STATES for figure in times[n][name])) for name in times[PEER_STATES[0]]
    ]
    return table(("", *(head for n in PEER_STATES for head in (f"{n} states, ns", "times csmc"))), rows)


def page(seconds: float) -> str:
    """The whole page; `seconds` is the time for what one table times."""
    figures = measure(seconds)
    sweeps, histories = measure_scale()
    parts = {
        "machine": machine(figures),
        "figures": figures_table(figures, sweeps[-1], seconds / 3),
        "operations": operations_table(figures),
        "grid": grid_table(seconds / 2),
        "ends": ends_table(seconds / 3),
        "stages": stages_table(seconds / 4),
        "vectors": vectors_table(),
        "engine": table_of(engine_figures()),
        "points": points_table(sweeps),
        "replicates": replicates_table(histories),
        "estimate": estimate_table(sweeps[-1], histories[-1]),
        "peers": peers_table(seconds / 3),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure this machine and write the page on performance.")
    parser.add_argument("--seconds", type=float, default=30.0, help="for what one table times (default: 30)")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    arguments = parser.parse_args()
    arguments.output.write_text(page(arguments.seconds), encoding="utf-8")
    print(arguments.output)


if __name__ == "__main__":
    main()
