"""What third parties want, and what they are expected to do (docs/model.md, steps 4 and 6)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .codes import Purpose, Scope
from .mathematics import contest, logistic, saturate, share, three_way_logit
from .onset import Crisis
from .philox import Draws
from .records import Institution, Point
from .world import World


@dataclass(frozen=True)
class ThirdParty:
    """One third party's motives in one crisis."""

    state: int
    alignment: float  #: al, with the victim
    obligation_match: float  #: o_k
    obligation: float  #: B_k
    helping: float  #: U^b_k
    joining: float  #: U^a_k
    helping_cost: float  #: C_k, of full participation
    joining_cost: float  #: C^a_k

    @property
    def in_favour(self) -> float:
        """U^b_k + B_k: the value of action against the challenger before its cost."""
        return self.helping + self.obligation


@dataclass(frozen=True)
class Expectation:
    """Expected strengths, and the expected share of third-party capability that helps the victim."""

    aggressor: float  #: S_a
    victim: float  #: S_b
    helping: float  #: E


def third_party(
    k: int, crisis: Crisis, world: World, point: Point, institution: Institution, legitimacy: float, draws: Draws
) -> ThirdParty:
    """Step 4 for one state (E34, E37, E39, E40, E41)."""
    a, b = crisis.challenger, crisis.target
    alignment = saturate(crisis.interest_distance(k, a)) - saturate(crisis.interest_distance(k, b))
    match = obligation_match(k, crisis, world, institution)
    spared = institution.exempt_permanent if world.great_power[a] else 0.0
    ally_of_aggressor = ally_weight(k, a, crisis, institution) if institution.scope == Scope.ALLIES else 0.0
    own_cost = point.joining_cost * math.exp(point.cost_heterogeneity * draws.normal(Purpose.COST, k))
    return ThirdParty(
        state=k,
        alignment=alignment,
        obligation_match=match,
        obligation=institution.strength * legitimacy * match * (1.0 - spared),
        helping=point.interest_weight * alignment + institution.hegemon_weight * hegemonic_threat(crisis, point),
        joining=-point.interest_weight * alignment
        + institution.strength * legitimacy * ally_of_aggressor
        - institution.norm * legitimacy,
        helping_cost=own_cost * (1.0 + point.power_cost * relative_power(crisis.effective[a], crisis.effective[k])),
        joining_cost=own_cost * (1.0 + point.power_cost * relative_power(crisis.effective[b], crisis.effective[k])),
    )


def obligation_match(k: int, crisis: Crisis, world: World, institution: Institution) -> float:
    """o_k: how far state k is bound to help the target (E36)."""
    b = crisis.target
    if institution.scope == Scope.ALLIES:
        return ally_weight(k, b, crisis, institution)
    both_members = world.member[k] and world.member[b]
    if institution.scope == Scope.MEMBERS and both_members:
        return 1.0 - saturate(crisis.interest_distance(k, b))
    if institution.scope == Scope.GREAT_POWERS and both_members and world.great_power[k]:
        return 1.0 - saturate(crisis.interest_distance(k, b))
    return 0.0


def ally_weight(k: int, principal: int, crisis: Crisis, institution: Institution) -> float:
    """Allies are those whose interests are near (E35)."""
    return max(0.0, 1.0 - crisis.interest_distance(k, principal) / institution.ally_radius)


def hegemonic_threat(crisis: Crisis, point: Point) -> float:
    """H: how far the challenger would be above the threshold of hegemony with the spoils of the target (E38)."""
    prospect = crisis.capability[crisis.challenger] + point.spoils * crisis.capability[crisis.target]
    return max(0.0, prospect - point.hegemony) / (1.0 - point.hegemony)


def relative_power(opponent: float, own: float) -> float:
    """opponent / (opponent + own); 1/2 if neither has any (E41)."""
    return opponent / (opponent + own) if opponent + own > 0.0 else 0.5


def expected_response(
    crisis: Crisis,
    third_parties: Iterable[ThirdParty],
    point: Point,
    institution: Institution,
    trust: float,
    mandate: float,
) -> Expectation:
    """Step 6: logit responses to expected responses, from trust, for a fixed number of rounds (E51, E58)."""
    third_parties = list(third_parties)
    own_strength = crisis.effective[crisis.challenger]
    victim_strength = crisis.effective[crisis.target]
    promised = sum(saturate(party.obligation) * crisis.effective[party.state] for party in third_parties)
    expectation = Expectation(own_strength, victim_strength + trust * mandate * promised, trust)
    for _ in range(point.rounds):
        choices = [
            force_probabilities(party, crisis, point, institution, expectation, mandate) for party in third_parties
        ]
        help_expected = sum(
            helping * crisis.effective[party.state] for party, (helping, _) in zip(third_parties, choices, strict=True)
        )
        join_expected = sum(
            joining * crisis.effective[party.state] for party, (_, joining) in zip(third_parties, choices, strict=True)
        )
        expectation = Expectation(
            own_strength + join_expected,
            victim_strength + help_expected,
            share(help_expected, crisis.third_party_total),
        )
    return expectation


def force_probabilities(
    party: ThirdParty,
    crisis: Crisis,
    point: Point,
    institution: Institution,
    expectation: Expectation,
    mandate: float,
) -> tuple[float, float]:
    """Probabilities that a state helps the victim, or joins the aggressor, by force (E55, E56, E57)."""
    imbalance = balance(expectation)
    help_value = (
        party.helping
        + mandate * party.obligation
        + institution.weight * imbalance
        + point.efficacy_weight * efficacy(crisis.effective[party.state], expectation, point.decisiveness)
        + assurance(expectation, point)
        - institution.cost[0] * party.helping_cost
    )
    join_value = party.joining + institution.bandwagon_weight * imbalance - institution.cost[0] * party.joining_cost
    return three_way_logit(help_value, join_value, point.noise)


def balance(expectation: Expectation) -> float:
    """bal: how far the aggressor's side outweighs the victim's (E52)."""
    both = expectation.aggressor + expectation.victim
    return (expectation.aggressor - expectation.victim) / both if both > 0.0 else 0.0


def efficacy(own: float, expectation: Expectation, decisiveness: float) -> float:
    """eff: the marginal effect of a state's help on the outcome, at most 1 (E53)."""
    if expectation.victim == 0.0:
        return 1.0
    p_a = contest(expectation.aggressor, expectation.victim, decisiveness)
    p_b = contest(expectation.victim, expectation.aggressor, decisiveness)  # 1 - p_a would cancel where p_b is tiny
    return min(1.0, decisiveness * p_a * p_b * own / expectation.victim)


def assurance(expectation: Expectation, point: Point) -> float:
    """Help is worth more when others are expected to help (E54)."""
    return point.assurance_weight * (2.0 * expectation.helping - 1.0)


def lower_rung_probability(
    party: ThirdParty, item: int, point: Point, institution: Institution, expectation: Expectation
) -> float:
    """Probability that a state takes part in an authorised measure short of force (E59)."""
    value = party.in_favour + assurance(expectation, point) - institution.cost[item] * party.helping_cost
    return logistic(value / point.noise)


def expected_pressure(
    crisis: Crisis,
    third_parties: Iterable[ThirdParty],
    point: Point,
    institution: Institution,
    expectation: Expectation,
    mandates: tuple[float, ...],
) -> float:
    """C_hat: what the lower rungs are expected to cost the aggressor; `mandates` are by item (E60)."""
    third_parties = list(third_parties)
    pressure = 0.0
    for item in institution.lower_rungs:
        taking_part = sum(
            lower_rung_probability(party, item, point, institution, expectation) * crisis.effective[party.state]
            for party in third_parties
        )
        severity = institution.severity[item] / crisis.stake
        pressure += mandates[item] * severity * share(taking_part, crisis.third_party_total)
    return pressure
