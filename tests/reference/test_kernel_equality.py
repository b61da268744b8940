"""The compiled kernel equals the independent reference implementation, episode by episode."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csmc.kernel import Trace
from csmc.kernel.codes import N_TALLIES, Tally
from csmc.replay import moves as kernel_moves
from tests.evidence import Section
from tests.thorough import THOROUGH

from .cases import Case, random_case, regression_cases
from .history import History
from .model import simulate_history
from .moves import differences, moves, numbers
from .philox import ANTITHETIC, NUMBER_BITS, STRATIFIED
from .records import Point

#: Histories in which a decision was closer than this are not compared: another exp may decide them otherwise.
CLOSE_CALL = 1e-12

#: Near a tipping point numbers may differ by what this relative change of a parameter does to them.
NUDGE = 1e-12


@dataclass
class Compared:
    """How much has been compared."""

    cases: int = 0
    histories: int = 0
    episodes: int = 0
    responses: int = 0
    left_out: int = 0
    sensitive: int = 0

    def __str__(self) -> str:
        """The figures."""
        return (
            f"{self.episodes:,} episodes of {self.histories:,} histories in {self.cases:,} cases, "
            f"{self.responses:,} of them with a response; {self.left_out} histories left out because a decision "
            f"was closer than {CLOSE_CALL:g}; {self.sensitive} episodes near a tipping point compared as closely "
            f"as a relative change of {NUDGE:g} in a parameter moves their numbers"
        )


def compare(cases: Iterable[Case]) -> Compared:
    """Assert that kernel and reference agree on every move of every episode and on every tally of every history."""
    compared = Compared()
    for case in cases:
        compared.cases += 1
        traced = case.trace()
        for lane in range(case.replicates):
            history = simulate(case, lane)
            if history.margin < CLOSE_CALL:
                compared.left_out += 1
                continue
            compared.sensitive += assert_same_episodes(case, history, traced, lane)
            assert_same_tallies(case, history, lane)
            compared.histories += 1
            compared.episodes += len(history.episodes)
            compared.responses += sum(episode.enforcement is not None for episode in history.episodes)
    return compared


def simulate(case: Case, lane: int, **changes: float) -> History:
    """One history of a case by the reference."""
    return simulate_history(case.point | changes, case.system, case.institution, case.seed, case.first + lane)


def assert_same_episodes(case: Case, history: History, traced: Trace, lane: int) -> int:
    """Every move is the same; give the number of episodes near a tipping point."""
    point, _, institution = case.records()
    parameters = Point.read(case.point)
    sensitive = 0
    for number, episode in enumerate(history.episodes):
        got, want = kernel_moves(traced, point[0], institution[0], 0, number, lane), moves(episode, parameters)
        wrong = list(differences(got, want))
        if wrong:
            wrong = list(differences(got, want, sensitivity(case, lane, number, numbers(want))))
            sensitive += 1
        assert not wrong, f"episode {number} of replicate {case.first + lane}: {wrong[:8]}\n{case}"
    return sensitive


def sensitivity(case: Case, lane: int, number: int, want: Mapping[str, float]) -> dict[str, float]:
    """How far the reference's own numbers move when a parameter that scales all logits or odds moves by so little.

    Near a tipping point of the expected response every round multiplies a rounding error.
    """
    slack = dict.fromkeys(want, 0.0)
    for field, nudge in product(("noise", "decisiveness"), (-NUDGE, NUDGE)):
        nudged = simulate(case, lane, **{field: case.point[field] * (1.0 + nudge)}).episodes[number]
        for path, value in numbers(moves(nudged, Point.read(case.point))).items():
            slack[path] = max(slack.get(path, 0.0), abs(value - want.get(path, value)))
    return slack


def assert_same_tallies(case: Case, history: History, lane: int) -> None:
    """Every tally, within its fixed-point resolution."""
    got, tolerance = case.tallies(case.first + lane)
    want = np.array([history.tallies[row] for row in range(N_TALLIES)])
    wrong = np.flatnonzero(np.abs(got - want) > tolerance)
    detail = [(Tally(row).name, got[row], want[row]) for row in wrong]
    assert not detail, f"replicate {case.first + lane}: {detail}\n{case}"


def random_cases(count: int, seed: int) -> Iterable[Case]:
    """So many cases of one stream."""
    generator = random.Random(seed)
    return (random_case(generator) for _ in range(count))


def test_every_move_equals_the_reference_under_every_preset_at_points_that_reach_every_stage() -> None:
    assert compare(regression_cases()).responses > 100


def test_every_move_equals_the_reference_over_random_parameters_and_institutions() -> None:
    assert compare(random_cases(250, seed=1)).episodes > 4000


@pytest.mark.parametrize("scheme", [ANTITHETIC, STRATIFIED])
def test_every_move_of_replicates_in_groups_equals_the_reference(scheme: int) -> None:
    cases = random_cases(40, seed=3)
    assert compare(case._replace(first=(scheme << NUMBER_BITS) + case.first) for case in cases).episodes > 600


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_every_move_equals_the_reference_wherever_a_search_for_differences_looks(generator: random.Random) -> None:
    compare([random_case(generator, replicates=2)])


@pytest.mark.proof
def test_every_move_of_very_many_episodes_equals_the_reference(evidence: Callable[[Section, str, str], None]) -> None:
    compared = compare(random_cases(10_000 if THOROUGH else 3_000, seed=2))
    assert compared.episodes >= (200_000 if THOROUGH else 50_000)
    evidence(
        Section.REFERENCE,
        "The compiled kernel and a plain-Python implementation written from the model's text alone agree on every move "
        "of every episode: who, what, utilities, mandates, expectations, demand, every vote, rung and coalition, "
        "outcome and memory (discrete values exactly, numbers to 1e-12 of their size or 1e-13 of the most at stake), "
        "and on every tally; n 2-64, T 1-50, all scopes, seats, vetoes, geographies, 1-4 rungs",
        str(compared),
    )


@pytest.mark.proof
@settings(max_examples=3000)
@given(st.randoms(use_true_random=False))
def test_every_move_equals_the_reference_wherever_a_long_search_for_differences_looks(
    generator: random.Random,
) -> None:
    compare([random_case(generator, replicates=1)])
