"""JAX: one crisis as a function of its draws, mapped over a batch and compiled as a whole, on the CPU in float64.

The rules of each institution are constants when its part is traced, so that a compiled batch has no branches. Nor can
it end early: every crisis is played to the last rung, and what came of it earlier is selected in the end. Shapes are
fixed, so the two parties stay among the states, without capability as third parties.
"""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from bench.peers import default_parameters
from csmc.institutions import Institution, get, names
from csmc.institutions.record import MAX_RUNGS
from csmc.kernel.codes import N_OUTCOMES, Outcome

P = default_parameters()
#: Replicates of a call: more do not fit the cache.
BATCH = 2048


class Draws(NamedTuple):
    """All chance of one crisis: the same under every institution. (state,) unless said."""

    size: Array
    interests: Array  # (state, dimension)
    cost: Array
    seat: Array
    vote: Array  # (rung, state)
    participation: Array  # (rung, state)
    crisis: Array  # (6,) uniforms
    assessment: Array  # (2,) normals


class Crisis(NamedTuple):
    """Who confronts whom over what; (state,) where it is about third parties."""

    stake: Array
    status_quo: Array
    challenger_cost: Array
    target_cost: Array
    misperception: Array
    hegemony: Array
    challenger: Array  # mask, as the next two (state,)
    target: Array
    great: Array
    capability: Array
    challenger_power: Array
    target_power: Array
    power: Array
    align: Array
    challenger_distance: Array
    target_distance: Array
    cost: Array
    challenger_side_cost: Array


def rates(n_states: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """Outcome frequencies (K, outcome) under all presets."""
    with jax.enable_x64(True):
        key, counts = jax.random.key(seed), np.zeros((len(names()), N_OUTCOMES), dtype=np.int64)
        for batch, done in enumerate(range(0, replicates, BATCH)):
            outcomes = np.asarray(play(n_states)(jax.random.fold_in(key, batch)))[:, : replicates - done]
            counts += [np.bincount(row, minlength=N_OUTCOMES) for row in outcomes]
    return counts / replicates


@cache
def play(n: int):  # type: ignore[no-untyped-def]
    """The compiled batch for n states: a key -> outcomes (K, batch)."""
    institutions = [get(name) for name in names()]

    def one(draws: Draws) -> Array:
        crisis = confront(draws)
        return jnp.stack([simulate(institution, crisis, draws) for institution in institutions])

    return jax.jit(lambda key: jax.vmap(one, out_axes=1)(draw(key, n)))


def draw(key: Array, n: int) -> Draws:
    uniform, normal, keys = jax.random.uniform, jax.random.normal, jax.random.split(key, 8)
    return Draws(
        size=normal(keys[0], (BATCH, n)),
        interests=normal(keys[1], (BATCH, n, P.dimensions)),
        cost=normal(keys[2], (BATCH, n)),
        seat=uniform(keys[3], (BATCH, n)),
        vote=uniform(keys[4], (BATCH, MAX_RUNGS, n)),
        participation=uniform(keys[5], (BATCH, MAX_RUNGS, n)),
        crisis=uniform(keys[6], (BATCH, 6)),
        assessment=normal(keys[7], (BATCH, 2)),
    )


def saturate(distance: Array) -> Array:
    return distance / (1 + distance)


def contest(attack: Array, defence: Array) -> Array:
    return 1 / (1 + (defence / attack) ** P.decisiveness)


def chosen(weights: Array, u: Array) -> Array:
    """The mask of one state, drawn by weight."""
    cumulative = jnp.cumsum(weights)
    return jnp.arange(len(weights)) == (cumulative <= u * cumulative[-1]).sum()


def rank(values: Array) -> Array:
    """How many are smaller."""
    return (values[None, :] < values[:, None]).sum(axis=1)


def confront(draws: Draws) -> Crisis:
    """Steps 1 to 4."""
    capability = jnp.exp(P.capability_sigma * draws.size)
    capability = capability / capability.sum()
    interests = (P.divergence**2 + P.volatility**2) ** 0.5 * draws.interests

    def distance(point: Array) -> Array:
        return jnp.sqrt(((interests - point) ** 2).sum(axis=1))

    grievance = saturate(distance(capability @ interests))
    a = chosen(capability**P.onset_power * (P.onset_floor + grievance), draws.crisis[0])
    near = distance(a @ interests)
    b = chosen(jnp.where(a, 0, P.onset_floor + saturate(near)), draws.crisis[1])
    far = distance(b @ interests)
    e_a, e_b = (a * capability).sum(), (b * capability).sum()
    stake = P.stake_floor + (1 - P.stake_floor) * saturate((b * near).sum())
    status_quo = contest(e_a, e_b) + P.revisionism * draws.assessment[0]
    cost = P.joining_cost * jnp.exp(P.cost_heterogeneity * draws.cost)
    return Crisis(
        stake=stake,
        status_quo=jnp.clip(status_quo, 0, 1),
        challenger_cost=P.war_cost / stake * draws.crisis[2],
        target_cost=P.war_cost / stake * draws.crisis[3],
        misperception=jnp.exp(P.misperception * draws.assessment[1]),
        hegemony=jnp.maximum(0, e_a + P.spoils * e_b - P.hegemony) / (1 - P.hegemony),
        challenger=a,
        target=b,
        great=rank(-capability) < P.great_powers,
        capability=capability,
        challenger_power=e_a,
        target_power=e_b,
        power=jnp.where(a | b, 0, capability),
        align=P.interest_weight * (saturate(near) - saturate(far)),
        challenger_distance=near,
        target_distance=far,
        cost=cost * (1 + P.power_cost * e_a / (e_a + capability)),
        challenger_side_cost=cost * (1 + P.power_cost * e_b / (e_b + capability)),
    )


def obligations(institution: Institution, c: Crisis) -> Array:
    promise = institution.obligation
    if promise.scope == "none":
        return jnp.zeros_like(c.power)
    if promise.scope == "allies":
        match = jnp.maximum(0, 1 - c.target_distance / promise.ally_radius)
    else:
        match = 1 - saturate(c.target_distance)
        match = match * c.great if promise.scope == "great_powers" else match
    exemption = promise.exempt_permanent * (c.challenger & c.great).any()
    return promise.strength * institution.forum.legitimacy * match * (1 - exemption)


def join_utilities(institution: Institution, c: Crisis) -> Array:
    promise, forum = institution.obligation, institution.forum
    utility = -c.align - forum.norm * forum.legitimacy
    if promise.scope == "allies":
        nearness = jnp.maximum(0, 1 - c.challenger_distance / promise.ally_radius)
        utility = utility + promise.strength * forum.legitimacy * nearness
    return utility


class Seats(NamedTuple):
    """Who of the third parties votes and blocks, what the parties do, and how many yes votes are needed."""

    voter: Array
    holder: Array
    target_votes: Array
    challenger_blocks: Array
    need: Array


def convene(institution: Institution, c: Crisis, draws: Draws) -> Seats:
    council = institution.council
    assert council is not None
    if council.seats == "great_powers":
        seat = c.great
    elif council.seats == "all":
        seat = jnp.ones_like(c.great)
    else:
        seat = rank(jnp.where(c.great, -c.capability, draws.seat)) < council.seats
    party = c.challenger | c.target
    eligible = seat & ~party if council.parties_abstain else seat
    blocks = {"none": jnp.zeros_like(seat), "permanent": eligible & c.great, "all": eligible}[council.veto]
    need = jnp.ceil(council.quota * eligible.sum() - 1e-9)
    return Seats(
        voter=eligible & ~party,
        holder=blocks & ~party,
        target_votes=(eligible & c.target).any(),
        challenger_blocks=(blocks & c.challenger).any(),
        need=jnp.where((council.quota > 0) & ~eligible.any(), jnp.inf, need),
    )


def vote_probabilities(institution: Institution, utility: Array, price: Array) -> tuple[Array, Array]:
    """P(yes) and 1 - P(no)."""
    assert institution.council is not None
    odds, up = jnp.exp((utility - P.vote_cost * price) / P.noise), np.exp(institution.council.abstention / P.noise)
    return odds / (odds + up), odds / (odds + 1 / up)


def expect_mandate(seats: Seats, yes: Array, not_no: Array) -> Array:
    unblocked = jnp.where(seats.holder, not_no, 1).prod() * ~seats.challenger_blocks
    yes = jnp.where(seats.voter, jnp.where(seats.holder, jnp.minimum(yes / not_no, 1), yes), 0)
    count = jnp.arange(len(yes) + 1)

    def vote(odds: Array, p: Array) -> tuple[Array, None]:
        return odds * (1 - p) + jnp.where(count == 0, 0, jnp.roll(odds, 1)) * p, None

    odds, _ = jax.lax.scan(vote, (count == 0).astype(yes.dtype), yes)
    return unblocked * jnp.where(count + seats.target_votes >= seats.need, odds, 0).sum()


def simulate(institution: Institution, c: Crisis, draws: Draws) -> Array:
    """Steps 5 to 9 under one institution: the outcome."""
    council, balancing, forum = institution.council, institution.balancing, institution.forum
    *lower, force = institution.ladder
    rungs = [force, *lower]  # force is item 0 of all draws
    obligation, thirds = obligations(institution, c), c.power.sum()
    help_utility = c.align + balancing.hegemon_weight * c.hegemony
    join_utility = join_utilities(institution, c)
    mandates, authorised = [jnp.ones(())] * len(rungs), [jnp.array(True)] * len(rungs)
    if council is not None:
        seats = convene(institution, c, draws)
        for r, rung in enumerate(rungs):
            yes, not_no = vote_probabilities(institution, help_utility + obligation, rung.cost * c.cost)
            mandates[r] = expect_mandate(seats, yes, not_no)
            vetoed = seats.challenger_blocks | (seats.holder & (draws.vote[r] >= not_no)).any()
            agreed = (seats.voter & (draws.vote[r] < yes)).sum() + seats.target_votes
            authorised[r] = ~vetoed & (agreed >= seats.need)

    residual = institution.obligation.residual
    expected = residual + (1 - residual) * mandates[0]
    s_a = c.challenger_power
    s_b = c.target_power + P.trust * expected * (saturate(obligation) * c.power).sum()
    support = jnp.asarray(P.trust)

    def choice_weights(mandate: Array) -> tuple[Array, Array]:
        p_a, balance = contest(s_a, s_b), (s_a - s_b) / (s_a + s_b)
        efficacy = jnp.minimum(1, P.decisiveness * p_a * (1 - p_a) / s_b * c.power)
        pull = help_utility + mandate * obligation + balancing.weight * balance + P.efficacy_weight * efficacy
        pull = pull + P.assurance_weight * (2 * support - 1) - force.cost * c.cost
        lure = join_utility + balancing.bandwagon_weight * balance - force.cost * c.challenger_side_cost
        return jnp.exp(pull / P.noise), jnp.exp(lure / P.noise)

    for _ in range(P.rounds):
        helps, joins = choice_weights(expected)
        weight = c.power / (1 + helps + joins)
        s_a, s_b = c.challenger_power + (joins * weight).sum(), c.target_power + (helps * weight).sum()
        support = (s_b - c.target_power) / thirds

    def participation(cost: float) -> Array:
        utility = help_utility + obligation + P.assurance_weight * (2 * support - 1) - cost * c.cost
        return 1 / (1 + jnp.exp(-utility / P.noise))

    taking_part = [participation(rung.cost) for rung in lower]
    pressure = jnp.zeros(())
    for rung, chance, part in zip(lower, mandates[1:], taking_part, strict=True):
        pressure = pressure + chance * rung.severity / c.stake * (part * c.power).sum() / thirds

    estimate, belief = contest(s_a, s_b), contest(s_a, s_b * c.misperception)
    largest_cost, retreat = P.war_cost / c.stake, c.status_quo - P.audience_cost / c.stake
    fighting = belief - c.challenger_cost
    refused = jnp.maximum(fighting - pressure, retreat)
    premium = jnp.clip((largest_cost - belief + refused) / 2, 0, jnp.minimum(largest_cost, 1 - belief))
    risk, mediation = premium / largest_cost, forum.mediation * forum.legitimacy
    demand = (1 - risk) * (belief + premium) + risk * refused
    value = (1 - mediation) * demand + mediation * (belief + premium / 2)
    price = (P.challenge_cost + forum.condemnation * forum.legitimacy) / c.stake
    settled = (draws.crisis[4] < mediation) | (c.target_cost >= belief + premium - estimate)

    sanctions, rung_outcomes = jnp.zeros(()), []
    for r, (rung, part) in enumerate(zip(lower, taking_part, strict=True)):
        share = (c.power * (draws.participation[r + 1] < part)).sum() / thirds
        sanctions = sanctions + jnp.where(authorised[r + 1], rung.severity / c.stake * share, 0)
        yields = authorised[r + 1] & (fighting - sanctions < retreat)
        rung_outcomes.append((yields, Outcome.COERCED_BY_RUNG_1 + r))

    helps, joins = choice_weights(jnp.where(authorised[0], 1, residual))
    u, third = draws.participation[0] * (1 + helps + joins), c.power > 0
    helper, joiner = third & (u < helps), third & (u >= helps) & (u < helps + joins)
    ours, theirs = c.target_power + (c.power * helper).sum(), c.challenger_power + (c.power * joiner).sum()
    yields = contest(theirs, ours * c.misperception) - c.challenger_cost - sanctions < retreat
    war = jnp.where(ours + theirs >= P.general_war - 1e-9, Outcome.GENERAL_WAR, Outcome.LIMITED_WAR)
    war = jnp.where((helper | joiner).any(), war, Outcome.BILATERAL_WAR)
    cases = [
        (value - price <= c.status_quo, Outcome.NO_CHALLENGE),
        (settled, Outcome.NEGOTIATED_SETTLEMENT),
        (fighting - pressure < retreat, Outcome.BACKDOWN),
        *rung_outcomes,
        (yields, Outcome.COERCED_BY_FORCE),
    ]
    return jnp.select([case for case, _ in cases], [jnp.asarray(int(outcome)) for _, outcome in cases], war)
