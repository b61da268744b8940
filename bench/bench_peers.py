"""What else could have simulated the same crises, and how long it takes; outcomes are compared before any time is."""

import pytest

from bench.peer_times import time_peers

SECONDS = 20.0


@pytest.mark.benchmark(group="peers")
@pytest.mark.parametrize("n_states", [8, 32])
def test_other_programs(benchmark, n_states):
    times = benchmark.pedantic(time_peers, (n_states, SECONDS), rounds=1)
    for name, time in times.items():
        benchmark.extra_info[f"ns {name}"] = f"{time.nanoseconds:,.0f} ({time.times_kernel:.2f} times csmc)"
