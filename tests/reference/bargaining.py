"""The ultimatum under incomplete information (docs/model.md, steps 7 and 8)."""

from dataclasses import dataclass, replace

from .codes import CrisisDraw, Purpose
from .mathematics import Comparisons, clip, contest
from .onset import Crisis
from .philox import Draws
from .records import Institution, Point
from .response import Expectation


@dataclass(frozen=True)
class Bargain:
    """The challenger's demand and what becomes of it."""

    odds_common: float  #: p_bar, the common estimate that the challenger would win
    odds_believed: float  #: p_hat, the challenger's
    refusal_value: float  #: r, its value if refused
    premium: float  #: z, what it demands beyond p_hat
    demand_value: float  #: EU' before the costs of challenging
    challenged: bool
    mediated: bool = False
    settlement: float | None = None  #: the challenger's share, None if refused or not challenged
    concession: float | None = None  #: settlement - q
    bluff_called: bool = False  #: refused, and it backs down

    @property
    def settled(self) -> bool:
        """Whether the crisis ended by a negotiated settlement."""
        return self.settlement is not None

    @property
    def gained(self) -> bool:
        """Whether the challenger got more than it had."""
        return self.concession is not None and self.concession > 0.0


def bargain(
    crisis: Crisis,
    expectation: Expectation,
    pressure: float,
    point: Point,
    institution: Institution,
    legitimacy: float,
    draws: Draws,
    comparisons: Comparisons,
) -> Bargain:
    """Steps 7 and 8; `pressure` is C_hat (E61, E62, E65, E66, E68)."""
    odds_common = contest(expectation.aggressor, expectation.victim, point.decisiveness)
    odds_believed = contest(expectation.aggressor, expectation.victim * crisis.misperception, point.decisiveness)
    fighting = odds_believed - crisis.challenger_war_cost - pressure
    refusal_value = max(fighting, crisis.backing_down)
    premium = best_premium(odds_believed, refusal_value, crisis.war_cost)
    mediation = institution.mediation * legitimacy
    demand_value = value_of_demand(odds_believed, premium, refusal_value, crisis.war_cost, mediation)
    condemnation = institution.condemnation * legitimacy / crisis.stake
    challenged = not comparisons.at_least(crisis.status_quo, demand_value - crisis.challenge_cost - condemnation)
    offer = Bargain(odds_common, odds_believed, refusal_value, premium, demand_value, challenged)
    if not challenged:
        return offer
    mediated = comparisons.less(draws.uniform(Purpose.CRISIS, CrisisDraw.MEDIATION), mediation)
    if mediated:
        return settle(replace(offer, mediated=True), odds_believed + premium / 2.0, crisis, comparisons)
    if comparisons.at_least(crisis.target_war_cost, odds_believed + premium - odds_common):
        return settle(offer, odds_believed + premium, crisis, comparisons)
    return replace(offer, bluff_called=comparisons.less(fighting, crisis.backing_down))


def best_premium(odds: float, refusal_value: float, war_cost: float) -> float:
    """z: the demand that trades off its size against the risk of refusal (Fearon 1995; E63)."""
    return clip((war_cost - odds + refusal_value) / 2.0, 0.0, min(war_cost, 1.0 - odds))


def value_of_demand(odds: float, premium: float, refusal_value: float, war_cost: float, mediation: float) -> float:
    """EU': the expected value of the demand, with the chance that mediation splits the surplus (E64)."""
    risk = premium / war_cost
    unmediated = (1.0 - risk) * (odds + premium) + risk * refusal_value
    return (1.0 - mediation) * unmediated + mediation * (odds + premium / 2.0)


def settle(offer: Bargain, settlement: float, crisis: Crisis, comparisons: Comparisons) -> Bargain:
    """The crisis ends at a settlement; whether it is a gain is a tally, hence a comparison (E66, E67)."""
    # Who has everything and demands everything gains nothing: p + (1 - p) is 1 in any IEEE arithmetic.
    demands_all = not offer.mediated and settlement == 1.0
    if not (demands_all and crisis.status_quo == 1.0):
        comparisons.note(settlement, crisis.status_quo)
    return replace(offer, settlement=settlement, concession=settlement - crisis.status_quo)
