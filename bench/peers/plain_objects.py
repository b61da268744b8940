"""Plain Python, as one would write the model down to understand it: what states do in a crisis under an institution.

Nothing is shared between institutions but the crisis itself and its private information (plain_world.py).
"""

import math
import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.peers.plain_world import Crisis, P, State, contest, draw_crisis, draw_states, gap, logistic, saturate
from csmc.institutions import Institution, get, names
from csmc.institutions.record import Rung
from csmc.kernel.codes import Outcome


@dataclass(eq=False)
class Stance:
    """What a third party stands to gain and to pay in a crisis under an institution."""

    state: State
    help_utility: float
    join_utility: float
    obligation: float
    cost_of_helping: float
    cost_of_joining: float


@dataclass
class Response:
    """What is expected of third parties: who is how strong, and the share of third-party capability that helps."""

    challenger_strength: float
    target_strength: float
    support: float


def rates(n_states: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """Outcome frequencies (K, outcome) under all presets."""
    rng = random.Random(seed)
    institutions = [get(name) for name in names()]
    counts: list[Counter[int]] = [Counter() for _ in institutions]
    for _ in range(replicates):
        crisis = draw_crisis(rng, draw_states(rng, n_states))
        for count, institution in zip(counts, institutions, strict=True):
            count[simulate(rng, institution, crisis)] += 1
    return np.array([[count[outcome] / replicates for outcome in Outcome] for count in counts])


def simulate(rng: random.Random, institution: Institution, crisis: Crisis) -> Outcome:
    """Steps 4 to 9 under one institution."""
    stances = [take_stance(third, crisis, institution) for third in crisis.thirds]
    seats = convene(institution, crisis, stances)
    mandates = [expected_mandate(institution, seats, rung) for rung in institution.ladder]
    response = expect_response(institution, crisis, stances, mandates[-1])
    pressure = expected_pressure(institution, crisis, stances, response, mandates)
    outcome = bargain(rng, institution, crisis, response, pressure)
    return respond(rng, institution, crisis, stances, response, seats) if outcome is None else outcome


# Step 4 of docs/model.md: what third parties want.


def take_stance(third: State, crisis: Crisis, institution: Institution) -> Stance:
    """Weigh interests, power and promises."""
    balancing, forum, promise = institution.balancing, institution.forum, institution.obligation
    far_from_challenger = gap(third.interests, crisis.challenger.interests)
    sympathy = P.interest_weight * (far_from_challenger - gap(third.interests, crisis.target.interests))
    comradeship = 0.0
    if promise.scope == "allies":
        comradeship = promise.strength * forum.legitimacy * nearness(third, crisis.challenger, institution)
    return Stance(
        state=third,
        help_utility=sympathy + balancing.hegemon_weight * crisis.hegemony,
        join_utility=comradeship - sympathy - forum.norm * forum.legitimacy,
        obligation=obligation(third, crisis, institution),
        cost_of_helping=cost(third, crisis.challenger),
        cost_of_joining=cost(third, crisis.target),
    )


def nearness(third: State, party: State, institution: Institution) -> float:
    """1 for an ally of the same interests, 0 beyond the radius of alliances."""
    return max(0.0, 1 - math.dist(third.interests, party.interests) / institution.obligation.ally_radius)


def obligation(third: State, crisis: Crisis, institution: Institution) -> float:
    """What a promise to help the victim is worth to a third party."""
    promise = institution.obligation
    if promise.scope == "none" or (promise.scope == "great_powers" and not third.great_power):
        return 0.0
    if promise.scope == "allies":
        match = nearness(third, crisis.target, institution)
    else:
        match = 1 - gap(third.interests, crisis.target.interests)
    exemption = promise.exempt_permanent if crisis.challenger.great_power else 0.0
    return promise.strength * institution.forum.legitimacy * match * (1 - exemption)


def cost(third: State, opponent: State) -> float:
    """The cost of full participation: it costs more to face the strong."""
    return third.joining_cost * (1 + P.power_cost * opponent.capability / (opponent.capability + third.capability))


# Step 5 of docs/model.md: the council.


@dataclass
class Seats:
    """Who may vote in a crisis, and who can block; the parties' votes are known."""

    voters: list[Stance]
    holders: set[Stance]
    target_votes: bool
    challenger_blocks: bool
    need: float


def convene(institution: Institution, crisis: Crisis, stances: list[Stance]) -> Seats:
    """Seat the council; without one, nobody votes."""
    council = institution.council
    if council is None:
        return Seats([], set(), False, False, 0)
    states = [crisis.challenger, crisis.target, *crisis.thirds]
    permanent = sorted((s for s in states if s.great_power), key=lambda s: -s.capability)
    if council.seats == "great_powers":
        seated = permanent
    elif council.seats == "all":
        seated = states
    else:
        elected = sorted((s for s in states if not s.great_power), key=lambda s: s.seat_draw)
        seated = [*permanent, *elected][: council.seats]
    parties = (crisis.challenger, crisis.target)
    eligible = [s for s in seated if not (council.parties_abstain and s in parties)]
    blocking = {"none": [], "permanent": [s for s in eligible if s.great_power], "all": eligible}[council.veto]
    powerless = council.quota > 0 and not eligible
    return Seats(
        voters=[stance for stance in stances if stance.state in eligible],
        holders={stance for stance in stances if stance.state in blocking},
        target_votes=crisis.target in eligible,
        challenger_blocks=crisis.challenger in blocking,
        need=math.inf if powerless else math.ceil(council.quota * len(eligible) - 1e-9),
    )


def vote_probabilities(voter: Stance, institution: Institution, rung: Rung) -> tuple[float, float]:
    """(P(yes), P(no))."""
    assert institution.council is not None
    value = voter.help_utility + voter.obligation - P.vote_cost * rung.cost * voter.cost_of_helping
    threshold = institution.council.abstention
    return logistic((value - threshold) / P.noise), logistic((-value - threshold) / P.noise)


def expected_mandate(institution: Institution, seats: Seats, rung: Rung) -> float:
    """The chance that a measure is authorised: no veto, and enough yes votes."""
    if institution.council is None:
        return 1.0
    if seats.challenger_blocks:
        return 0.0
    unblocked, tally = 1.0, [1.0]  # tally[y]: the chance of y yes votes of third parties
    for voter in seats.voters:
        yes, no = vote_probabilities(voter, institution, rung)
        if voter in seats.holders:
            unblocked *= 1 - no
            yes = min(yes / (1 - no), 1.0) if no < 1 else 0.0
        tally = [stay * (1 - yes) + gain * yes for stay, gain in zip([*tally, 0.0], [0.0, *tally], strict=True)]
    return unblocked * sum(chance for votes, chance in enumerate(tally) if votes + seats.target_votes >= seats.need)


def is_authorised(rng: random.Random, institution: Institution, seats: Seats, rung: Rung) -> bool:
    """Hold the vote."""
    if institution.council is None:
        return True
    if seats.challenger_blocks:
        return False
    yes_votes = int(seats.target_votes)
    for voter in seats.voters:
        u = rng.random()
        yes, no = vote_probabilities(voter, institution, rung)
        if u >= 1 - no and voter in seats.holders:
            return False
        yes_votes += u < yes
    return yes_votes >= seats.need


# Step 6 of docs/model.md: what is expected of third parties.


def choice_probabilities(
    third: Stance, institution: Institution, response: Response, mandate: float
) -> tuple[float, float]:
    """(P(help the victim), P(join the challenger)): a logit with abstention at 0."""
    balancing, price = institution.balancing, institution.ladder[-1].cost
    s_a, s_b = response.challenger_strength, response.target_strength
    balance, p_a = (s_a - s_b) / (s_a + s_b), contest(s_a, s_b)
    efficacy = min(1.0, P.decisiveness * p_a * (1 - p_a) * third.state.capability / s_b)
    helping = third.help_utility + mandate * third.obligation + balancing.weight * balance
    helping += P.efficacy_weight * efficacy + assurance(response) - price * third.cost_of_helping
    joining = third.join_utility + balancing.bandwagon_weight * balance - price * third.cost_of_joining
    helps, joins = math.exp(helping / P.noise), math.exp(joining / P.noise)
    return helps / (1 + helps + joins), joins / (1 + helps + joins)


def assurance(response: Response) -> float:
    """Helping is worth more if others help too."""
    return P.assurance_weight * (2 * response.support - 1)


def share_of(capability: float, crisis: Crisis) -> float:
    """A capability as a share of all third parties'."""
    return capability / sum(third.capability for third in crisis.thirds) if crisis.thirds else 0.0


def expect_response(institution: Institution, crisis: Crisis, stances: list[Stance], mandate: float) -> Response:
    """What all expect, after some rounds of everybody reacting to what all expect."""
    residual = institution.obligation.residual
    expected = residual + (1 - residual) * mandate
    promised = sum(saturate(third.obligation) * third.state.capability for third in stances)
    s_a, s_b = crisis.challenger.capability, crisis.target.capability
    response = Response(s_a, s_b + P.trust * expected * promised, P.trust)
    for _ in range(P.rounds):
        helping = joining = 0.0
        for third in stances:
            p_help, p_join = choice_probabilities(third, institution, response, expected)
            helping += p_help * third.state.capability
            joining += p_join * third.state.capability
        response = Response(s_a + joining, s_b + helping, share_of(helping, crisis))
    return response


def participation(third: Stance, response: Response, rung: Rung) -> float:
    """The chance that a third party takes part in a lower rung."""
    utility = third.help_utility + third.obligation + assurance(response) - rung.cost * third.cost_of_helping
    return logistic(utility / P.noise)


def expected_pressure(
    institution: Institution, crisis: Crisis, stances: list[Stance], response: Response, mandates: list[float]
) -> float:
    """What the lower rungs are expected to cost the challenger."""
    pressure = 0.0
    for rung, mandate in zip(institution.ladder[:-1], mandates, strict=False):
        taking_part = sum(participation(third, response, rung) * third.state.capability for third in stances)
        pressure += mandate * rung.severity / crisis.stake * share_of(taking_part, crisis)
    return pressure


# Steps 7 to 9 of docs/model.md: bargaining, response and war.


def believed_chance(crisis: Crisis, s_a: float, s_b: float) -> float:
    """What the challenger thinks of its chance."""
    return contest(s_a, s_b * crisis.misperception)


def value_of_retreat(crisis: Crisis) -> float:
    return crisis.status_quo - P.audience_cost / crisis.stake


def bargain(
    rng: random.Random, institution: Institution, crisis: Crisis, response: Response, pressure: float
) -> Outcome | None:
    """The ultimatum; None where it is refused and the challenger stands by it."""
    forum, s_a, s_b = institution.forum, response.challenger_strength, response.target_strength
    largest_cost, q = P.war_cost / crisis.stake, crisis.status_quo
    estimate, belief = contest(s_a, s_b), believed_chance(crisis, s_a, s_b)
    fighting = belief - crisis.challenger_cost - pressure
    refused = max(fighting, value_of_retreat(crisis))
    premium = min(max((largest_cost - belief + refused) / 2, 0.0), largest_cost, 1 - belief)
    risk = premium / largest_cost
    demand_value = (1 - risk) * (belief + premium) + risk * refused
    mediation = forum.mediation * forum.legitimacy
    value = (1 - mediation) * demand_value + mediation * (belief + premium / 2)
    if value - (P.challenge_cost + forum.condemnation * forum.legitimacy) / crisis.stake <= q:
        return Outcome.NO_CHALLENGE
    if rng.random() < mediation or crisis.target_cost >= belief + premium - estimate:
        return Outcome.NEGOTIATED_SETTLEMENT
    return Outcome.BACKDOWN if fighting < value_of_retreat(crisis) else None


def respond(
    rng: random.Random,
    institution: Institution,
    crisis: Crisis,
    stances: list[Stance],
    response: Response,
    seats: Seats,
) -> Outcome:
    """Climb the ladder until the challenger yields, or war."""
    *lower, force = institution.ladder
    belief = believed_chance(crisis, response.challenger_strength, response.target_strength)
    sanctions = 0.0
    for position, rung in enumerate(lower):
        if not is_authorised(rng, institution, seats, rung):
            continue
        taking_part = sum(
            third.state.capability for third in stances if rng.random() < participation(third, response, rung)
        )
        sanctions += rung.severity / crisis.stake * share_of(taking_part, crisis)
        if belief - crisis.challenger_cost - sanctions < value_of_retreat(crisis):
            return Outcome(Outcome.COERCED_BY_RUNG_1 + position)

    authorised = is_authorised(rng, institution, seats, force)
    mandate = 1.0 if authorised else institution.obligation.residual
    helpers, joiners = [], []
    for third in stances:
        p_help, p_join = choice_probabilities(third, institution, response, mandate)
        u = rng.random()
        if u < p_help:
            helpers.append(third.state)
        elif u < p_help + p_join:
            joiners.append(third.state)
    return resolve(crisis, helpers, joiners, sanctions)


def resolve(crisis: Crisis, helpers: list[State], joiners: list[State], sanctions: float) -> Outcome:
    """Yield to the coalition that has formed, or fight it."""
    s_a = crisis.challenger.capability + sum(s.capability for s in joiners)
    s_b = crisis.target.capability + sum(s.capability for s in helpers)
    if believed_chance(crisis, s_a, s_b) - crisis.challenger_cost - sanctions < value_of_retreat(crisis):
        return Outcome.COERCED_BY_FORCE
    if not helpers and not joiners:
        return Outcome.BILATERAL_WAR
    return Outcome.GENERAL_WAR if s_a + s_b >= P.general_war - 1e-9 else Outcome.LIMITED_WAR
