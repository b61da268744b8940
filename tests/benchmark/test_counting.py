"""Counted numbers count, a counted kernel gives the kernel's tallies, and what can be counted by hand agrees."""

import math

import numpy as np
import pytest

from csmc.benchmark import counting
from csmc.benchmark.counting import Counted, CountError, Counts, count_here, count_operations
from csmc.benchmark.kernel import Case
from csmc.benchmark.operations import Operation
from csmc.kernel import Plan
from csmc.kernel.codes import Assessment, CrisisDraw, Tally

CASES = [Case(8, 1, ("anarchy",)), Case(5, 3, ("league_of_nations", "un_security_council", "concert_of_powers"))]
_counted: dict[int, Counts] = {}


def counts_of(case: Case) -> Counts:
    """Counts of one of `CASES`; they take seconds, so they are made once."""
    number = CASES.index(case)
    if number not in _counted:
        _counted[number] = count_operations(case)
    return _counted[number]


@pytest.fixture
def done():
    counting.done.clear()
    return counting.done


def test_numbers_count_what_is_done_with_them(done) -> None:
    x = Counted(2.0)
    value = 1.0 / (1.0 + np.float64(3.0) * x) - abs(-x)
    assert isinstance(value, Counted)
    assert value == 1.0 / 7.0 - 2.0
    assert done == {Operation.DIVISION: 1, Operation.ADDITION: 2, Operation.MULTIPLICATION: 1}


def test_numbers_divide_by_zero_as_the_compiled_kernel_does(done) -> None:
    assert Counted(1.0) / 0.0 == math.inf
    assert math.isnan(0.0 / Counted(0.0))
    assert max(1.0, Counted(0.5)) == 1.0
    assert done == {Operation.DIVISION: 2}


def test_an_operation_that_nobody_counts_is_refused() -> None:
    with pytest.raises(CountError, match="power"):
        Counted(2.0) ** 2


def test_a_compiled_kernel_is_not_counted() -> None:
    with pytest.raises(CountError, match="NUMBA_DISABLE_JIT"):
        count_here(CASES[0])


@pytest.mark.parametrize("case", CASES, ids=["alone", "together"])
def test_counting_changes_no_tally(case: Case) -> None:
    counts = counts_of(case)
    assert counts.sums == case.simulate(0, counts.replicates, Plan(joint="none")).sums.tolist()
    assert counts.operations[Operation.EXPONENTIAL] > 2 * case.n_states
    assert counts.operations[Operation.SINE_COSINE] == 0.0


def test_draws_are_those_that_the_model_asks_for() -> None:
    counts = counts_of(CASES[0])
    n, replicates = CASES[0].n_states, counts.replicates
    # capability, two dimensions of lasting and of passing interests, costs of joining; errors of assessment
    assert counts.operations[Operation.NORMAL] == (1 + 2 + 2 + 1) * n + len(Assessment)
    # the crisis; where force is called for, each state's part in it (all states are members: that is not drawn)
    responses = counts.sums[0][Tally.FORCE_RESPONSES]
    assert responses > 0
    assert counts.operations[Operation.UNIFORM] * replicates == pytest.approx(
        len(CrisisDraw) * replicates + n * responses
    )


def test_a_case_that_cannot_be_counted_says_why() -> None:
    with pytest.raises(CountError, match="default parameters"):
        count_operations(Case(3, 1, changes={"crisis.war_cost": 1.0}))
    with pytest.raises(CountError, match="no_such_preset"):
        count_operations(Case(3, 1, ("no_such_preset",)))
