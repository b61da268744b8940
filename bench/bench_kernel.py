"""Nanoseconds per institution-episode of the kernel, on one core: the call itself, nothing around it."""

import pytest

from csmc.estimate.metrics import METRICS, cross_pairs, own_pairs
from csmc.institutions import get, names, pack_institutions
from csmc.kernel import Plan, tally
from csmc.parameters import defaults, pack_point
from csmc.system import build_system

PRESETS = names()
SIZES = [(8, 1), (8, 20), (32, 1), (32, 20)]


def full_plan() -> Plan:
    """Every metric with its paired difference, as a run counts them by default."""
    return Plan(own_pairs(METRICS.values()), cross_pairs(METRICS.values()))


def time_kernel(benchmark, states: int, episodes: int, institutions: tuple[str, ...]) -> None:
    values = {**defaults(), "system.n_states": states, "dynamics.episodes": episodes}
    point, system, records = pack_point(values), build_system(values), pack_institutions([get(k) for k in institutions])
    replicates = 128 * max(1, 640 // (episodes * states * len(institutions) // 64 + 1))
    arguments = (point, system, records, 20261122, 0, replicates, full_plan())
    benchmark.pedantic(tally, arguments, rounds=15, warmup_rounds=2)
    work = replicates * episodes * len(institutions)
    benchmark.extra_info["ns per institution-episode"] = round(benchmark.stats.stats.median / work * 1e9)
    benchmark.extra_info["ns at best"] = round(benchmark.stats.stats.min / work * 1e9)


@pytest.mark.benchmark(group="together")
@pytest.mark.parametrize(("states", "episodes"), SIZES)
def test_all_presets_on_the_same_crises(benchmark, states, episodes):
    time_kernel(benchmark, states, episodes, PRESETS)


@pytest.mark.benchmark(group="alone")
@pytest.mark.parametrize(("states", "episodes"), [(8, 1), (32, 1)])
@pytest.mark.parametrize("institution", PRESETS)
def test_one_preset_alone(benchmark, institution, states, episodes):
    time_kernel(benchmark, states, episodes, (institution,))
