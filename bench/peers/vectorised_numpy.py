"""NumPy, as its experts write it: arrays (state, replicate) or (replicate,), no loop over replicates.

The world of a batch serves all institutions. Logits are products of exponentials, so that each exponential is taken
once; the crises that call for a response are compressed before votes and coalitions are drawn.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bench.peers import default_parameters
from csmc.institutions import Institution, get, names
from csmc.kernel.codes import N_OUTCOMES, Outcome

P = default_parameters()
#: Replicates at a time: with fewer the calls cost more than the work, with more the cache is too small.
BATCH = 8192
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Crises:
    """Confrontations as every institution finds them; the last axis of every field is the crisis."""

    stake: Array
    status_quo: Array
    cost_range: Array
    challenger_cost: Array
    target_cost: Array
    misperception: Array  # the factor on the target's strength
    hegemony: Array
    challenger: Array
    target: Array
    seat_draw: Array  # (state, crisis), as the next two
    capability: Array
    great: Mask
    challenger_power: Array
    target_power: Array
    power: Array  # (third party, crisis), as all that follows
    great_third: Mask
    align: Array
    challenger_distance: Array
    target_distance: Array
    cost: Array
    challenger_side_cost: Array

    def select(self, chosen: Mask) -> "Crises":
        """The chosen crises alone."""
        return Crises(*(getattr(self, field.name)[..., chosen] for field in fields(self)))


@dataclass(frozen=True)
class Expectations:
    """What everybody expects under one institution."""

    obligation: Array
    voter: Mask
    veto: Mask
    victim_votes: Array
    challenger_vetoes: Mask
    need: Array
    challenger_strength: Array
    target_strength: Array
    support: Array
    pressure: Array


def rates(n_states: int, replicates: int, seed: int) -> Array:
    """Outcome frequencies (K, outcome) under all presets."""
    rng = np.random.Generator(np.random.SFC64(seed))
    institutions = [get(name) for name in names()]
    counts = np.zeros((len(institutions), N_OUTCOMES), dtype=np.int64)
    for done in range(0, replicates, BATCH):
        crises = draw_crises(rng, n_states, min(BATCH, replicates - done))
        for k, institution in enumerate(institutions):
            counts[k] += np.bincount(simulate(rng, institution, crises), minlength=N_OUTCOMES)
    return counts / replicates


def draw_crises(rng: np.random.Generator, n: int, size: int) -> Crises:
    """Steps 1 to 4: the world, who confronts whom over what, and what third parties are like."""
    capability = np.exp(P.capability_sigma * rng.standard_normal((n, size)))
    capability /= capability.sum(axis=0)
    great = np.zeros((n, size), dtype=bool)
    np.put_along_axis(great, np.argsort(-capability, axis=0)[: P.great_powers], True, axis=0)
    spread = np.sqrt(P.divergence**2 + P.volatility**2)
    interests = spread * rng.standard_normal((P.dimensions, n, size))

    order = (capability * interests).sum(axis=1, keepdims=True)
    grievance = saturate(np.sqrt(((interests - order) ** 2).sum(axis=0)))
    a = choose(rng, capability**P.onset_power * (P.onset_floor + grievance))
    from_a = distances(interests, a)
    weights = P.onset_floor + saturate(from_a)
    np.put_along_axis(weights, a[None], 0.0, axis=0)
    b = choose(rng, weights)
    from_b = distances(interests, b)

    each = np.arange(size)
    e_a, e_b = capability[a, each], capability[b, each]
    stake = P.stake_floor + (1 - P.stake_floor) * saturate(from_a[b, each])
    cost_range = P.war_cost / stake
    status_quo = contest(e_a, e_b) + P.revisionism * rng.standard_normal(size)

    lower, upper = np.minimum(a, b), np.maximum(a, b)
    third = np.arange(n - 2)[:, None]
    third = third + (third >= lower)
    third = third + (third >= upper)
    power = np.take_along_axis(capability, third, axis=0)
    near, far = np.take_along_axis(from_a, third, axis=0), np.take_along_axis(from_b, third, axis=0)
    cost = P.joining_cost * np.exp(P.cost_heterogeneity * rng.standard_normal((n - 2, size)))
    return Crises(
        stake=stake,
        status_quo=np.clip(status_quo, 0, 1),
        cost_range=cost_range,
        challenger_cost=cost_range * rng.random(size),
        target_cost=cost_range * rng.random(size),
        misperception=np.exp(P.decisiveness * P.misperception * rng.standard_normal(size)),
        hegemony=np.maximum(0, e_a + P.spoils * e_b - P.hegemony) / (1 - P.hegemony),
        challenger=a,
        target=b,
        seat_draw=rng.random((n, size)),
        capability=capability,
        great=great,
        challenger_power=e_a,
        target_power=e_b,
        power=power,
        great_third=np.take_along_axis(great, third, axis=0),
        align=P.interest_weight * (saturate(near) - saturate(far)),
        challenger_distance=near,
        target_distance=far,
        cost=cost * (1 + P.power_cost * e_a / (e_a + power)),
        challenger_side_cost=cost * (1 + P.power_cost * e_b / (e_b + power)),
    )


def simulate(rng: np.random.Generator, institution: Institution, crises: Crises) -> NDArray[np.int64]:
    """Steps 5 to 9 under one institution: the outcome of each crisis, (crisis,)."""
    expected = expect(institution, crises)
    outcome = bargain(rng, institution, crises, expected)
    called = outcome < 0
    survivors = replace(expected, **{f.name: getattr(expected, f.name)[..., called] for f in fields(expected)})
    outcome[called] = respond(rng, institution, crises.select(called), survivors)
    return outcome


def saturate(distance: Array) -> Array:
    return distance / (1 + distance)


def odds_against(attack: Array, defence: Array) -> Array:
    return np.exp(P.decisiveness * np.log(defence / attack))  # half the time of a power


def contest(attack: Array, defence: Array) -> Array:
    return 1 / (1 + odds_against(attack, defence))


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def choose(rng: np.random.Generator, weights: Array) -> NDArray[np.int64]:
    cumulative = weights.cumsum(axis=0)
    return (cumulative <= rng.random(weights.shape[1]) * cumulative[-1]).sum(axis=0)


def distances(interests: Array, state: NDArray[np.int64]) -> Array:
    return np.sqrt(((interests - np.take_along_axis(interests, state[None, None], axis=1)) ** 2).sum(axis=0))


def obligations(institution: Institution, crises: Crises) -> Array:
    rule = institution.obligation
    if rule.scope == "none":
        return np.zeros_like(crises.power)
    if rule.scope == "allies":
        match = np.maximum(0, 1 - crises.target_distance / rule.ally_radius)
    else:
        match = 1 - saturate(crises.target_distance)
        if rule.scope == "great_powers":
            match = match * crises.great_third
    great_challenger = crises.great[crises.challenger, np.arange(len(crises.stake))]
    return rule.strength * institution.forum.legitimacy * match * (1 - rule.exempt_permanent * great_challenger)


def join_utility(institution: Institution, crises: Crises) -> Array:
    rule, forum = institution.obligation, institution.forum
    utility = -crises.align - forum.norm * forum.legitimacy
    if rule.scope == "allies":
        nearness = np.maximum(0, 1 - crises.challenger_distance / rule.ally_radius)
        utility = utility + rule.strength * forum.legitimacy * nearness
    return utility


def convene(institution: Institution, crises: Crises) -> tuple[Mask, Mask, Array, Mask, Array]:
    """Who of the third parties votes and who holds a veto, and the parties' part in it; yes votes needed."""
    council = institution.council
    n, size = crises.great.shape
    if council is None:
        nobody = np.zeros_like(crises.great_third)
        return nobody, nobody, np.zeros(size), np.zeros(size, dtype=bool), np.zeros(size)
    if council.seats == "great_powers":
        seat = crises.great
    elif council.seats == "all" or council.seats >= n:
        seat = np.ones((n, size), dtype=bool)
    else:
        precedence = np.where(crises.great, -crises.capability, crises.seat_draw)
        seat = precedence <= np.partition(precedence, council.seats - 1, axis=0)[council.seats - 1]
    each, a, b = np.arange(size), crises.challenger, crises.target
    party = (np.arange(n)[:, None] == a) | (np.arange(n)[:, None] == b)
    voter = seat.T[~party.T].reshape(size, n - 2).T
    holders = {"none": np.zeros_like(crises.great), "permanent": crises.great, "all": np.ones_like(crises.great)}
    holder = holders[council.veto]
    veto = voter & holder.T[~party.T].reshape(size, n - 2).T
    votes_a, votes_b = (seat[i, each] & (not council.parties_abstain) for i in (a, b))
    eligible = voter.sum(axis=0) + votes_a + votes_b
    need = np.ceil(council.quota * eligible - 1e-9)
    need = np.where((council.quota > 0) & (eligible == 0), np.inf, need)
    return voter, veto, votes_b.astype(float), votes_a & holder[a, each], need


def vote_value(institution: Institution, crises: Crises, obligation: Array, factor: float) -> Array:
    """V of a measure of that cost factor."""
    help_utility = crises.align + institution.balancing.hegemon_weight * crises.hegemony
    return help_utility + obligation - P.vote_cost * factor * crises.cost


def expect_mandate(
    voter: Mask, veto: Mask, victim: Array, blocked: Mask, need: Array, yes: Array, not_no: Array
) -> Array:
    """The chance that nobody with a veto votes no and that the yes votes reach the need (Poisson-binomial)."""
    unblocked = np.where(blocked, 0, np.where(veto, not_no, 1).prod(axis=0))
    yes = np.where(voter, np.where(veto, np.minimum(yes / not_no, 1), yes), 0)
    remaining = np.where(np.isfinite(need), np.maximum(need - victim, 0), 0)
    rows = int(remaining.max()) + 2
    odds = (np.arange(rows)[:, None] == remaining).astype(float)
    for p in yes:
        moved = odds[1:] * p
        odds[1:] -= moved
        odds[:-1] += moved
    return np.where(np.isfinite(need), unblocked * odds[0], 0)


def expect(institution: Institution, crises: Crises) -> Expectations:
    """Steps 5 and 6."""
    council, balancing, force = institution.council, institution.balancing, institution.ladder[-1]
    obligation = obligations(institution, crises)
    seats = convene(institution, crises)
    help_utility = crises.align + balancing.hegemon_weight * crises.hegemony
    mandates: list[Array | float] = [1.0] * len(institution.ladder)
    if council is not None:
        for r, rung in enumerate(institution.ladder):
            odds = np.exp(vote_value(institution, crises, obligation, rung.cost) / P.noise)
            up = np.exp(council.abstention / P.noise)
            mandates[r] = expect_mandate(*seats, odds / (odds + up), odds / (odds + 1 / up))

    residual = institution.obligation.residual
    mandate = residual + (1 - residual) * mandates[-1]
    thirds = crises.power.sum(axis=0)
    fixed_help = np.exp((help_utility + mandate * obligation - force.cost * crises.cost) / P.noise)
    fixed_join = np.exp((join_utility(institution, crises) - force.cost * crises.challenger_side_cost) / P.noise)
    s_a = crises.challenger_power
    s_b = crises.target_power + P.trust * mandate * (saturate(obligation) * crises.power).sum(axis=0)
    support = np.full_like(s_a, P.trust)
    for _ in range(P.rounds):
        balance = (s_a - s_b) / (s_a + s_b)
        drive = np.exp((balancing.weight * balance + P.assurance_weight * (2 * support - 1)) / P.noise)
        helping = fixed_help * np.exp(P.efficacy_weight / P.noise * efficacy(s_a, s_b, crises.power)) * drive
        joining = fixed_join * np.exp(balancing.bandwagon_weight * balance / P.noise)
        share = crises.power / (1 + helping + joining)
        helped = (helping * share).sum(axis=0)
        s_a, s_b = crises.challenger_power + (joining * share).sum(axis=0), crises.target_power + helped
        support = helped / thirds

    pressure = np.zeros_like(s_a)
    for rung, chance in zip(institution.ladder[:-1], mandates, strict=False):
        part = logistic((help_utility + obligation + assurance(support) - rung.cost * crises.cost) / P.noise)
        pressure += chance * rung.severity / crises.stake * (part * crises.power).sum(axis=0) / thirds
    return Expectations(obligation, *seats, s_a, s_b, support, pressure)


def efficacy(s_a: Array, s_b: Array, power: Array) -> Array:
    p_a = contest(s_a, s_b)
    return np.minimum(1, P.decisiveness * p_a * (1 - p_a) / s_b * power)


def assurance(support: Array) -> Array:
    return P.assurance_weight * (2 * support - 1)


def bargain(rng: np.random.Generator, institution: Institution, c: Crises, x: Expectations) -> NDArray[np.int64]:
    """Steps 7 and 8: the outcome, or -1 where the crisis calls for a response."""
    forum = institution.forum
    against = odds_against(x.challenger_strength, x.target_strength)
    estimate, belief = 1 / (1 + against), 1 / (1 + against * c.misperception)
    pressed, retreat = belief - c.challenger_cost - x.pressure, c.status_quo - P.audience_cost / c.stake
    refused = np.maximum(pressed, retreat)
    z = np.clip((c.cost_range - belief + refused) / 2, 0, np.minimum(c.cost_range, 1 - belief))
    risk = z / c.cost_range
    mediation = forum.mediation * forum.legitimacy
    value = (1 - mediation) * ((1 - risk) * (belief + z) + risk * refused) + mediation * (belief + z / 2)
    price = (P.challenge_cost + forum.condemnation * forum.legitimacy) / c.stake
    settled = (rng.random(len(z)) < mediation) | (c.target_cost >= belief + z - estimate)
    outcome = np.where(pressed < retreat, Outcome.BACKDOWN, -1)
    outcome[settled] = Outcome.NEGOTIATED_SETTLEMENT
    outcome[value - price <= c.status_quo] = Outcome.NO_CHALLENGE
    return outcome


def authorise(rng: np.random.Generator, institution: Institution, c: Crises, x: Expectations, factor: float) -> Mask:
    """Votes on one measure."""
    council = institution.council
    if council is None:
        return np.ones(len(c.stake), dtype=bool)
    value, u = vote_value(institution, c, x.obligation, factor), rng.random(c.power.shape)
    yes = x.voter & (u < logistic((value - council.abstention) / P.noise))
    no = x.veto & (u >= logistic((value + council.abstention) / P.noise))
    return ~(x.challenger_vetoes | no.any(axis=0)) & (yes.sum(axis=0) + x.victim_votes >= x.need)


def respond(rng: np.random.Generator, institution: Institution, c: Crises, x: Expectations) -> NDArray[np.int64]:
    """Step 9: the ladder, and war."""
    *lower, force = institution.ladder
    balancing = institution.balancing
    outcome = np.full(len(c.stake), -1)
    thirds = c.power.sum(axis=0)
    help_utility = c.align + balancing.hegemon_weight * c.hegemony
    retreat = c.status_quo - P.audience_cost / c.stake
    misled = odds_against(x.challenger_strength, x.target_strength) * c.misperception
    sanctions = np.zeros_like(c.stake)
    for r, rung in enumerate(lower):
        taken = (outcome < 0) & authorise(rng, institution, c, x, rung.cost)
        part = logistic((help_utility + x.obligation + assurance(x.support) - rung.cost * c.cost) / P.noise)
        share = (c.power * (rng.random(part.shape) < part)).sum(axis=0) / thirds
        sanctions += np.where(taken, rung.severity / c.stake * share, 0)
        outcome[taken & (1 / (1 + misled) - c.challenger_cost - sanctions < retreat)] = Outcome.COERCED_BY_RUNG_1 + r

    s_a, s_b = x.challenger_strength, x.target_strength
    mandate = np.where(authorise(rng, institution, c, x, force.cost), 1, institution.obligation.residual)
    balance = (s_a - s_b) / (s_a + s_b)
    pull = help_utility + mandate * x.obligation + balancing.weight * balance + assurance(x.support)
    pull += P.efficacy_weight * efficacy(s_a, s_b, c.power)
    lure = join_utility(institution, c) + balancing.bandwagon_weight * balance
    helping = np.exp((pull - force.cost * c.cost) / P.noise)
    joining = np.exp((lure - force.cost * c.challenger_side_cost) / P.noise)
    u = rng.random(helping.shape) * (1 + helping + joining)
    helps, joins = u < helping, (u >= helping) & (u < helping + joining)
    ours, theirs = c.target_power + (c.power * helps).sum(axis=0), c.challenger_power + (c.power * joins).sum(axis=0)
    belief = 1 / (1 + odds_against(theirs, ours) * c.misperception)
    engaged = (ours + theirs) / (c.challenger_power + c.target_power + thirds)
    war = np.where(engaged >= P.general_war - 1e-9, Outcome.GENERAL_WAR, Outcome.LIMITED_WAR)
    war[~(helps | joins).any(axis=0)] = Outcome.BILATERAL_WAR
    forced = np.where(belief - c.challenger_cost - sanctions < retreat, Outcome.COERCED_BY_FORCE, war)
    return np.where(outcome < 0, forced, outcome)
