"""MODEL 3, step 9: the response rung by rung, and war. Works on the few lanes whose crisis got this far."""

from typing import NamedTuple

import numpy as np

from csmc._jit import stage
from csmc.kernel.bargaining import RESPONSE
from csmc.kernel.codes import STRIDE, CrisisDraw, Outcome, Purpose, Scope, Seating
from csmc.kernel.council import vote_probabilities
from csmc.kernel.draws import fill_uniforms
from csmc.kernel.lanes import PADDING, padded_rows, third_party
from csmc.kernel.mathematics import contest, log_odds_against, logistic, saturate
from csmc.kernel.response import balance, efficacy, marginal_effect, participation, three_way_logit

_NO_COUNCIL = int(Seating.NO_COUNCIL)
_MEMBERS = int(Scope.MEMBERS)
_VOTE = int(Purpose.VOTE)
_PARTICIPATION = int(Purpose.PARTICIPATION)
_WAR = int(CrisisDraw.WAR)
_COERCED_BY_RUNG = int(Outcome.COERCED_BY_RUNG_1) - 1
_COERCED_BY_FORCE = int(Outcome.COERCED_BY_FORCE)
_BILATERAL_WAR = int(Outcome.BILATERAL_WAR)
_LIMITED_WAR = int(Outcome.LIMITED_WAR)
_GENERAL_WAR = int(Outcome.GENERAL_WAR)


class Confrontation(NamedTuple):
    """The crises that reached a response, compacted to the first lanes, and what came of them."""

    lane: np.ndarray  # (survivor,) int64: the lane it came from
    replicate: np.ndarray  # (survivor,) int64
    lower: np.ndarray  # (survivor,) int64: the parties' indices in order
    upper: np.ndarray
    resolve: np.ndarray  # p̂ - k_a: yields when this minus the costs falls below `retreat`
    retreat: np.ndarray  # q - A'
    stake: np.ndarray
    challenger_cost: np.ndarray
    misperception: np.ndarray
    challenger_power: np.ndarray
    target_power: np.ndarray
    third_power: np.ndarray
    challenger_strength: np.ndarray  # S_a as expected, then as realised
    target_strength: np.ndarray  # S_b
    support: np.ndarray  # E
    need: np.ndarray  # int64
    victim_votes: np.ndarray
    challenger_vetoes: np.ndarray
    power: np.ndarray  # (third, survivor)
    living: np.ndarray
    voter: np.ndarray
    veto: np.ndarray
    help_utility: np.ndarray  # U^b
    join_utility: np.ndarray  # U^a
    obligation: np.ndarray  # B
    victim_side_cost: np.ndarray
    challenger_side_cost: np.ndarray
    draws: np.ndarray  # (row, survivor) uniforms of the item at hand
    helping: np.ndarray  # room for a sum over third parties: of those that take part, or of the votes
    joining: np.ndarray  # of those that join the challenger
    shirking: np.ndarray  # of what was owed and not given
    war_draw: np.ndarray
    outcome: np.ndarray  # int64: an Outcome, or RESPONSE while undecided
    sanctions: np.ndarray  # C, the cost of the lower rungs so far
    share: np.ndarray  # Q of the last rung taken
    riding: np.ndarray  # free riding on the last rung taken
    authorised: np.ndarray  # mask: the measure at hand is authorised
    mandates: np.ndarray  # measures authorised so far
    votes: np.ndarray
    passed: np.ndarray
    vetoed: np.ndarray
    helpers: np.ndarray  # third parties that fight for the victim
    joiners: np.ndarray
    joined: np.ndarray  # share of third-party capability that joins the challenger
    forced: np.ndarray  # mask: force was reached
    engaged: np.ndarray  # share of all effective capability that fights
    won: np.ndarray  # mask: the challenger won the war
    mandated: np.ndarray  # mask: force was authorised, by a council or by an obligation of all members


@stage
def new_confrontation(n, lanes):
    """An uninitialised Confrontation."""
    thirds = n - 2
    return Confrontation(
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((padded_rows(n), lanes)),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
    )


@stage
def select_survivors(bargain, active, confrontation):
    """Write the lanes that call for a response, and how many they are; pad with copies of the first."""
    lanes = active.shape[0]
    chosen = confrontation.lane
    count = 0
    for lane in range(lanes):
        if bargain.outcome[lane] == RESPONSE and active[lane] > 0.0:
            chosen[count] = lane
            count += 1
    padded = min((count + PADDING - 1) // PADDING * PADDING, lanes)
    for s in range(count, padded):
        chosen[s] = chosen[0]
    return count, padded


@stage
def gather(thirds, padded, replicate, crisis, utilities, council, response, bargain, crisis_draw, confrontation):
    """Copy the survivors' crises to the first lanes of `confrontation`."""
    out = confrontation
    for s in range(padded):
        lane = out.lane[s]
        out.replicate[s] = replicate[lane]
        out.lower[s] = min(crisis.challenger[lane], crisis.target[lane])
        out.upper[s] = max(crisis.challenger[lane], crisis.target[lane])
        out.resolve[s] = bargain.fighting_value[lane]
        out.retreat[s] = bargain.retreat_value[lane]
        out.stake[s] = crisis.stake[lane]
        out.challenger_cost[s] = crisis.challenger_cost[lane]
        out.misperception[s] = crisis.misperception[lane]
        out.challenger_power[s] = crisis.challenger_power[lane]
        out.target_power[s] = crisis.target_power[lane]
        out.third_power[s] = crisis.third_power[lane]
        out.challenger_strength[s] = response.challenger_strength[lane]
        out.target_strength[s] = response.target_strength[lane]
        out.support[s] = response.support[lane]
        out.need[s] = council.need[lane]
        out.victim_votes[s] = council.victim_votes[lane]
        out.challenger_vetoes[s] = council.challenger_vetoes[lane]
        out.war_draw[s] = crisis_draw[_WAR, lane]
    for j in range(thirds):
        for s in range(padded):
            lane = out.lane[s]
            out.power[j, s] = crisis.power[j, lane]
            out.living[j, s] = crisis.living[j, lane]
            out.voter[j, s] = council.voter[j, lane]
            out.veto[j, s] = council.veto[j, lane]
            out.help_utility[j, s] = utilities.victim[j, lane]
            out.join_utility[j, s] = utilities.challenger[j, lane]
            out.obligation[j, s] = utilities.obligation[j, lane]
            out.victim_side_cost[j, s] = crisis.victim_side_cost[j, lane]
            out.challenger_side_cost[j, s] = crisis.challenger_side_cost[j, lane]


@stage
def enforce(point, institution, episode, seed, padded, confrontation):
    """Climb the ladder: lower rungs where authorised, then force, then war, until the challenger yields."""
    c = confrontation
    for s in range(padded):
        c.outcome[s] = RESPONSE
        c.sanctions[s] = 0.0
        c.share[s] = 0.0
        c.riding[s] = 0.0
        c.mandates[s] = 0.0
        c.votes[s] = 0.0
        c.passed[s] = 0.0
        c.vetoed[s] = 0.0
    for item in range(1, institution.rungs):
        _vote(point, institution, item, episode, seed, padded, c)
        _take_lower_rung(point, institution, item, episode, seed, padded, c)
    _vote(point, institution, 0, episode, seed, padded, c)
    _use_force(point, institution, episode, seed, padded, c)


@stage
def _vote(point, institution, item, episode, seed, padded, c):
    """Authorise one item: by the council's vote, or as a matter of course where there is no council."""
    if institution.seating == _NO_COUNCIL:
        for s in range(padded):
            c.authorised[s] = 1.0
            c.mandates[s] += 1.0 if c.outcome[s] == RESPONSE else 0.0
        return
    n = point.n_states
    abstention, noise = institution.abstention, point.noise
    price = point.vote_cost * institution.cost[item]
    blocked, yes_votes = c.joining, c.helping
    fill_uniforms(c.draws, n, c.replicate[:padded], episode, _VOTE, item * STRIDE, seed)
    for s in range(padded):
        blocked[s] = c.challenger_vetoes[s]
        yes_votes[s] = c.victim_votes[s]
    for j in range(n - 2):
        for s in range(padded):
            u = third_party(c.draws, j, s, c.lower[s], c.upper[s])
            value = c.help_utility[j, s] + c.obligation[j, s] - price * c.victim_side_cost[j, s]
            yes, not_no = vote_probabilities(value, abstention, noise)
            against = u >= not_no and u >= yes
            yes_votes[s] += c.voter[j, s] if u < yes else 0.0
            blocked[s] = max(blocked[s], c.veto[j, s] if against else 0.0)
    for s in range(padded):
        open_case = 1.0 if c.outcome[s] == RESPONSE else 0.0
        passes = blocked[s] == 0.0 and c.need[s] >= 0 and yes_votes[s] >= c.need[s]
        c.authorised[s] = 1.0 if passes else 0.0
        c.mandates[s] += open_case * c.authorised[s]
        c.votes[s] += open_case
        c.passed[s] += open_case * c.authorised[s]
        c.vetoed[s] += open_case * blocked[s]


@stage
def _take_lower_rung(point, institution, item, episode, seed, padded, c):
    """Sanctions or isolation, if authorised: each third party takes part or not; the challenger may yield."""
    n = point.n_states
    severity, cost = institution.severity[item], institution.cost[item]
    share, riding = c.helping, c.shirking
    fill_uniforms(c.draws, n, c.replicate[:padded], episode, _PARTICIPATION, item * STRIDE, seed)
    for s in range(padded):
        share[s] = 0.0
        riding[s] = 0.0
    for j in range(n - 2):
        for s in range(padded):
            u = third_party(c.draws, j, s, c.lower[s], c.upper[s])
            utility = c.help_utility[j, s] + c.obligation[j, s]
            p = participation(point, utility, c.support[s], cost * c.victim_side_cost[j, s])
            taking_part = 1.0 if u < p else 0.0
            share[s] += taking_part * c.power[j, s]
            riding[s] += max(0.0, saturate(c.obligation[j, s]) - taking_part) * c.power[j, s]
    for s in range(padded):
        taken = c.outcome[s] == RESPONSE and c.authorised[s] > 0.0
        total = c.third_power[s]
        portion = share[s] / total if total > 0.0 else 0.0
        c.share[s] = portion if taken else c.share[s]
        c.riding[s] = (riding[s] / total if total > 0.0 else 0.0) if taken else c.riding[s]
        c.sanctions[s] += severity / c.stake[s] * portion if taken else 0.0
        yields = taken and c.resolve[s] - c.sanctions[s] < c.retreat[s]
        c.outcome[s] = _COERCED_BY_RUNG + item if yields else c.outcome[s]


@stage
def _use_force(point, institution, episode, seed, padded, c):
    """Each third party fights for the victim, joins the challenger or abstains; the challenger yields, or war."""
    n = point.n_states
    m, noise = point.decisiveness, point.noise
    residual, cost = institution.residual, institution.cost[0]
    balancing, bandwagon = institution.weight, institution.bandwagon_weight
    assurance, efficacy_weight = point.assurance_weight, point.efficacy_weight
    automatic = institution.seating == _NO_COUNCIL
    binding = (not automatic) or institution.scope == _MEMBERS
    help_power, join_power, riding = c.helping, c.joining, c.shirking
    fill_uniforms(c.draws, n, c.replicate[:padded], episode, _PARTICIPATION, 0, seed)
    for s in range(padded):
        help_power[s] = 0.0
        join_power[s] = 0.0
        riding[s] = 0.0
        c.helpers[s] = 0.0
        c.joiners[s] = 0.0
    for j in range(n - 2):
        for s in range(padded):
            ours, theirs = c.target_strength[s], c.challenger_strength[s]
            mandate = 1.0 if c.authorised[s] > 0.0 else residual
            even = balance(theirs, ours)
            effect = marginal_effect(m, contest(theirs, ours, m), ours)
            useful = efficacy(effect, c.power[j, s], ours)
            help_utility = (
                c.help_utility[j, s]
                + mandate * c.obligation[j, s]
                + balancing * even
                + efficacy_weight * useful
                + assurance * (2.0 * c.support[s] - 1.0)
                - cost * c.victim_side_cost[j, s]
            )
            join_utility = c.join_utility[j, s] + bandwagon * even - cost * c.challenger_side_cost[j, s]
            p_help, p_join = three_way_logit(help_utility / noise, join_utility / noise)
            u = third_party(c.draws, j, s, c.lower[s], c.upper[s])
            helps = c.living[j, s] if u < p_help else 0.0
            joins = c.living[j, s] if (u >= p_help and u < p_help + p_join) else 0.0
            help_power[s] += helps * c.power[j, s]
            join_power[s] += joins * c.power[j, s]
            riding[s] += max(0.0, saturate(c.obligation[j, s]) - helps) * c.power[j, s]
            c.helpers[s] += helps
            c.joiners[s] += joins
    for s in range(padded):
        forced = c.outcome[s] == RESPONSE
        total = c.third_power[s]
        parties = c.challenger_power[s] + c.target_power[s]
        ours = c.target_power[s] + help_power[s]
        theirs = c.challenger_power[s] + join_power[s]
        against = log_odds_against(theirs, ours, m)
        believed = logistic(-against - c.misperception[s])
        yields = believed - c.challenger_cost[s] - c.sanctions[s] < c.retreat[s]
        engaged = ours + theirs
        bilateral = c.helpers[s] + c.joiners[s] == 0.0
        general = engaged >= point.general_war * (parties + total) - 1e-9
        war = _BILATERAL_WAR if bilateral else (_GENERAL_WAR if general else _LIMITED_WAR)
        c.outcome[s] = (_COERCED_BY_FORCE if yields else war) if forced else c.outcome[s]
        c.forced[s] = 1.0 if forced else 0.0
        c.share[s] = (help_power[s] / total if total > 0.0 else 0.0) if forced else c.share[s]
        c.riding[s] = (riding[s] / total if total > 0.0 else 0.0) if forced else c.riding[s]
        c.mandated[s] = c.authorised[s] if binding else 0.0
        c.joined[s] = join_power[s] / total if total > 0.0 else 0.0
        c.engaged[s] = engaged / (parties + total) if parties + total > 0.0 else 0.0
        c.won[s] = 1.0 if c.war_draw[s] < logistic(-against) else 0.0
