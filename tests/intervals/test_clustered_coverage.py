"""Intervals of clustered episodes hold their level from two histories on, under processes of known truth."""

from collections.abc import Callable

import pytest

from tests.evidence import Section
from tests.intervals.coverage import EXPERIMENTS, LEAST, MOST, Coverage, simulated_coverage
from tests.intervals.processes import PROCESSES

#: Numbers of histories by the number of episodes in each.
SIZES = {20: (2, 5, 10, 30, 200, 1000), 200: (2, 5, 15, 50, 200)}
SEED = 20261122

#: By process, episodes, histories and metric.
Found = dict[tuple[str, int, int, str], Coverage]


@pytest.fixture(scope="module")
def found() -> Found:
    """Coverage of every interval."""
    return {
        (process.name, episodes, histories, metric): coverage
        for process in PROCESSES
        for episodes, sizes in SIZES.items()
        for histories in sizes
        for metric, coverage in simulated_coverage(process, histories, episodes, SEED).items()
    }


KINDS = {
    "rate per episode": ("war",),
    "conditional rate": ("war_given_challenge", "settlement"),
    "mean per settlement or response": ("concession", "participation_great", "participation_other"),
    "difference of two means (selectivity)": ("selectivity",),
}


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", Coverage._fields)
@pytest.mark.parametrize("episodes", SIZES)
def test_clustered_intervals_hold_their_level(
    kind: str, part: str, episodes: int, found: Found, evidence: Callable[[Section, str, str], None]
) -> None:
    def wanted(key: tuple[str, int, int, str]) -> bool:
        return key[1] == episodes and key[3] in KINDS[kind]

    chosen = {key: getattr(coverage, part) for key, coverage in found.items() if wanted(key)}
    worst = min(chosen, key=lambda key: chosen[key])
    assert chosen[worst] >= LEAST, worst
    by_size = [[share for key, share in chosen.items() if key[2] == histories] for histories in SIZES[episodes]]
    whose = "the paired difference of a " if part == "difference" else "a "
    processes = len({key[0] for key in chosen})
    evidence(
        Section.STATISTICS,
        f"In histories of {episodes} episodes that go together, the interval of {whose}{kind} holds its level with "
        f"2 to {max(SIZES[episodes]):,} histories: coverage of at least {LEAST} ({processes} processes of known truth, "
        f"{EXPERIMENTS:,} experiments each, per number of histories).",
        f"worst coverage {chosen[worst]:.4f} ({worst[0]}, {worst[2]} histories); worst and mean by number of "
        "histories: " + ", ".join(_shown(*row) for row in zip(SIZES[episodes], by_size, strict=True)),
    )


def _shown(histories: int, shares: list[float]) -> str:
    return f"{histories:,}: {min(shares):.3f} and {sum(shares) / len(shares):.3f}"


@pytest.mark.proof
@pytest.mark.statistical
def test_with_a_thousand_histories_of_common_wars_intervals_are_no_longer_than_they_need_be(found: Found) -> None:
    common = [process.name for process in PROCESSES if process.metrics == ("war",) and 0.05 < process.mean < 0.5]
    shares = [found[name, 20, 1000, "war"].value for name in common]
    assert len(shares) >= 4
    assert all(LEAST <= share <= MOST for share in shares), shares


@pytest.mark.statistical
@pytest.mark.parametrize("process", [p for p in PROCESSES if p.metrics == ("war",)], ids=lambda p: p.name)
def test_ten_clustered_histories_suffice(process) -> None:
    coverage = simulated_coverage(process, 10, 20, SEED)["war"]
    assert min(coverage) >= LEAST
