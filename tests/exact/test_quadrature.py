"""The exact computation's own tools against other computations."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tests.exact.bargain import Bargain
from tests.exact.offer import Contest, Offer
from tests.exact.quadrature import rules, sign_changes
from tests.exact.status_quo import StatusQuo


def test_sign_changes_are_found_in_every_row() -> None:
    height = np.array([[0.5], [0.0], [2.0]])
    found = sign_changes(lambda x: np.sin(x) - height, 0.0, 6.0, 3, 8)
    assert found == pytest.approx(np.array([[np.pi / 6, 5 * np.pi / 6], [0.0, np.pi], [6.0, 6.0]]), abs=1e-12)


def test_a_rule_split_at_a_kink_integrates_it() -> None:
    nodes, weights = rules(0.0, 1.0, [np.array([[0.3]])])
    assert (np.abs(nodes - 0.3) ** 3 * weights).sum() == pytest.approx((0.3**4 + 0.7**4) / 4, abs=1e-14)


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("power", [0, 1, 2])
@pytest.mark.parametrize("x", [-0.2, 0.35, 0.8, 1.3])
def test_moments_of_the_clipped_status_quo_are_those_of_its_definition(spread: float, power: int, x: float) -> None:
    def term(shock: float) -> float:
        q = min(1.0, max(0.0, 0.7 + spread * shock))
        return q**power * (q < x) * norm.pdf(shock)

    edges = [(edge - 0.7) / spread for edge in (0, x, 1)] if spread > 0 else None
    expected = quad(term, -9, 9, points=edges, limit=200, epsabs=1e-12)[0]
    assert StatusQuo(0.7, spread).moment(power, np.array(x)) == pytest.approx(expected, abs=1e-9)


def test_the_averaged_bargain_equals_a_simulation_of_step_seven_as_it_is_written() -> None:
    """A million draws of the text of MODEL 7 and 8 in numpy: no integral, no edge."""
    contest, quo = Contest(0.9, 0.5), StatusQuo(0.55, 0.4)
    offer = Offer(contest, quo, 0.6, 0.5, costs=0.5, audience=0.15, entry=-0.05, mediation=0.2, pressure=0.1)
    draws = 1_000_000
    rng = np.random.default_rng(20261126)
    q = np.clip(quo.mean + quo.spread * rng.normal(size=draws), 0, 1)
    own, theirs = rng.uniform(0, offer.costs, (2, draws))
    believed = 1 / (1 + (0.5 / 0.6 * np.exp(0.5 * rng.normal(size=draws))) ** 0.9)
    fight, bluff = believed - own - offer.pressure, q - offer.audience
    refused_value = np.maximum(fight, bluff)
    z = np.minimum(np.maximum((offer.costs - believed + refused_value) / 2, 0), np.minimum(offer.costs, 1 - believed))
    demand = (1 - z / offer.costs) * (believed + z) + z / offer.costs * refused_value
    worth = 0.8 * demand + 0.2 * (believed + z / 2)
    challenge = worth + 0.05 > q
    mediated = challenge & (rng.random(draws) < 0.2)
    accepted = challenge & ~mediated & (theirs >= believed + z - 1 / (1 + (0.5 / 0.6) ** 0.9))
    change = np.where(mediated, believed + z / 2, believed + z) - q
    settled = mediated | accepted
    refused = challenge & ~settled
    found = [
        challenge,
        settled,
        settled & (change > 0),
        settled * change,
        settled * change**2,
        refused & (fight < bluff),
    ]
    exact = vars(Bargain(offer, fine=4).settled()).values()
    for values, expected in zip(found, exact, strict=True):
        assert abs(np.mean(values) - expected) <= 4 * np.std(values) / np.sqrt(draws)
