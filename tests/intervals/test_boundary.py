"""Where a difference changes sign: the set holds the true place as often as claimed; small lines, exactly."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from csmc.estimate.boundary import Piece, Root, confidence_set, roots
from csmc.estimate.discordance import Discordance, plain_interval
from tests.evidence import Section

Record = Callable[[Section, str, str], None]
PLACES = np.linspace(0.0, 3.0, 7)
EXPERIMENTS, CRISES = 2000, 2000
#: The difference rises from -0.06 to 0.03 in steps of 0.015 and is straight between points: 0 at 2, or at 1.8.
ROOTS = {2.0: 0.03 * (PLACES - 2.0), 1.8: 0.03 * (PLACES - 1.8)}


def experiments(true: NDArray[np.float64], common: bool, seed: int) -> Discordance:
    """Wars under two institutions at every point, from draws that all points share or from their own, (exp, point)."""
    generator = np.random.default_rng(seed)
    more, less = np.zeros((2, EXPERIMENTS, len(PLACES)))
    for number in range(EXPERIMENTS):
        draws = generator.random((2, 1 if common else len(PLACES), CRISES))
        first, second = (
            draws[0] < 0.1 + true[:, None],
            np.where(draws[0] < 0.05, draws[1] < 0.7, draws[1] < 0.0684210526),
        )
        more[number], less[number] = (first & ~second).sum(axis=1), (~first & second).sum(axis=1)
    return Discordance(more, less, np.full(more.shape, float(CRISES)))


def holds(pieces: list[Piece], place: float) -> bool:
    return any(piece.low <= place <= piece.high for piece in pieces)


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("root", list(ROOTS))
def test_the_set_holds_the_true_boundary_as_often_as_claimed(root: float, common: bool, evidence: Record) -> None:
    """Of 2,000 experiments of 7 points; 4 standard errors."""
    observed = experiments(ROOTS[root], common, 1)
    low, high = plain_interval(observed)
    sets = [confidence_set(PLACES, *line) for line in zip(low, high, strict=True)]
    covered = float(np.mean([holds(pieces, root) for pieces in sets]))
    assert covered >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / EXPERIMENTS)
    bounded = [pieces[0] for pieces in sets if len(pieces) == 1 and not (pieces[0].open_low or pieces[0].open_high)]
    width = float(np.median([piece.high - piece.low for piece in bounded]))
    assert width < 1.5  # half of the range: the set says something
    place = f"at {root:g}, {'on a point' if root in PLACES else 'between points'}"
    draws = "that share their draws" if common else "with draws of their own"
    evidence(
        Section.STATISTICS,
        f"The set of places where the better of two institutions may change holds the true one ({place}) as often as "
        f"an interval its value, in 2,000 experiments of 7 points {draws}.",
        f"coverage {covered:.4f}; median width {width:.2f} of 3",
    )


def line(*values: float) -> NDArray[np.float64]:
    return np.array(values)


def test_a_change_of_sign_is_interpolated_between_its_points() -> None:
    places = line(0, 1, 3, 4)
    assert roots(places, line(-1, -1, 3, 4)) == [Root(1.5, 1, 3, True)]
    assert roots(places, line(2, -2, -1, 1)) == [Root(0.5, 0, 1, False), Root(3.5, 3, 4, True)]
    assert roots(places, line(1, 2, 3, 4)) == []


def test_points_of_exactly_no_difference_are_the_change_where_the_sign_changes() -> None:
    places = line(0, 1, 2, 3, 4)
    assert roots(places, line(-1, 0, 1, 1, 1)) == [Root(1, 0, 2, True)]
    assert roots(places, line(-1, 0, 0, 0, 1)) == [Root(2, 0, 4, True)]
    assert roots(places, line(-1, 0, -1, -1, -1)) == []
    assert roots(places, line(0, 0, 1, 1, 1)) == []
    assert roots(places, line(0, 0, 0, 0, 0)) == []


def test_the_set_may_be_bounded_open_empty_or_in_pieces() -> None:
    places = line(0, 1, 2, 3)
    one = line(1, 1, 1, 1)
    assert confidence_set(places, line(-3, -3, 1, 1), line(-1, -1, 3, 3)) == [Piece(1.25, 1.75, False, False)]
    assert confidence_set(places, line(-3, -3, -3, -1), line(-1, -1, -1, 1)) == [Piece(2.5, 3, False, True)]
    assert confidence_set(places, -one, one) == [Piece(0, 3, True, True)]
    assert confidence_set(places, one, 2 * one) == []
    pieces = confidence_set(line(0, 1, 2, 3, 4), line(-1, 1, 1, 1, -1), line(1, 3, 3, 3, 3))
    assert pieces == [Piece(0, 0.5, True, False), Piece(3.5, 4, False, True)]


def test_intervals_of_no_width_give_the_change_itself() -> None:
    difference = line(-1, 1, 1)
    assert confidence_set(line(0, 1, 2), difference, difference) == [Piece(0.5, 0.5, False, False)]
    assert confidence_set(line(0, 1, 2), line(-1, 0, 1), line(-1, 0, 1)) == [Piece(1, 1, False, False)]


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1)), min_size=2, max_size=8))
def test_the_set_holds_every_change_of_the_estimate_and_no_other_place(points: list[tuple[float, float]]) -> None:
    difference, half = (np.array(part) for part in zip(*points, strict=True))
    places = np.arange(len(points), dtype=np.float64)
    low, high = difference - half, difference + half
    pieces = confidence_set(places, low, high)
    for root in roots(places, difference):
        assert any(piece.low - 1e-9 <= root.at <= piece.high + 1e-9 for piece in pieces)
    at = np.linspace(0, len(points) - 1, 20 * len(points))
    inside = (np.interp(at, places, low) <= -1e-9) & (np.interp(at, places, high) >= 1e-9)
    outside = (np.interp(at, places, low) > 1e-9) | (np.interp(at, places, high) < -1e-9)
    said = np.array([holds(pieces, place) for place in at])
    assert said[inside].all()
    assert not said[outside].any()
    assert all(here.high < there.low for here, there in pairwise(pieces))
