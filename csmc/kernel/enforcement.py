"""docs/model.md, step 9: the response rung by rung, and war. Works on the few lanes whose crisis got this far."""

import numpy as np

from csmc._jit import stage
from csmc.kernel.bargaining import RESPONSE
from csmc.kernel.codes import STRIDE, Outcome, Purpose, Scope, Seating
from csmc.kernel.council import vote_probabilities
from csmc.kernel.draws import fill_uniforms
from csmc.kernel.lanes import (
    AUTHORISED,
    BALLOT,
    BELIEF_BEFORE_WAR,
    CHALLENGER,
    CHALLENGER_COST,
    CHALLENGER_POWER,
    CHALLENGER_SIDE_COST,
    CHALLENGER_STRENGTH,
    CHALLENGER_VETOES,
    CHANCE,
    CHOICE,
    COMPACTED_FIELDS,
    ENGAGED,
    EXPECTED_FIELDS,
    FIFTH,
    FIGHTING_VALUE,
    FIRST,
    FORCED,
    FOURTH,
    HELP_UTILITY,
    HELPERS,
    JOIN_UTILITY,
    JOINED,
    JOINERS,
    LIVING,
    MANDATED,
    MANDATES,
    MISPERCEPTION,
    NEED,
    OBLIGATION,
    OUTCOME,
    PADDING,
    PASSED,
    POWER,
    REACHED,
    RESPONSE_END,
    RETREAT_VALUE,
    RIDING,
    SANCTIONS,
    SECOND,
    SHARE,
    STAKE,
    SUPPORT,
    TARGET,
    TARGET_POWER,
    TARGET_STRENGTH,
    THIRD,
    THIRD_POWER,
    VETO,
    VETOED,
    VETOES,
    VICTIM_SIDE_COST,
    VICTIM_VOTES,
    VOTER,
    VOTES,
    WAR_DRAW,
    WON,
    YES_VOTES,
    third_party,
)
from csmc.kernel.mathematics import log_odds_against, logistic, saturate
from csmc.kernel.response import balance, efficacy, marginal_effect, participation, three_way_logit

# numba compiles a function anew for every literal argument: typed constants keep one version of each
_FORCE = np.int64(0)
_FIRST_INDEX = np.int64(0)
_NO_COUNCIL = int(Seating.NO_COUNCIL)
_MEMBERS = int(Scope.MEMBERS)
_VOTE = np.int64(Purpose.VOTE)
_PARTICIPATION = np.int64(Purpose.PARTICIPATION)
_BEFORE_RUNG_1 = float(Outcome.COERCED_BY_RUNG_1) - 1.0
_COERCED_BY_FORCE = float(Outcome.COERCED_BY_FORCE)
_BILATERAL_WAR = float(Outcome.BILATERAL_WAR)
_LIMITED_WAR = float(Outcome.LIMITED_WAR)
_GENERAL_WAR = float(Outcome.GENERAL_WAR)


@stage
def select_survivors(outcome, active, chosen):
    """(count, padded count) of the lanes that call for a response, written to `chosen`; padded with the first one."""
    lanes = active.shape[0]
    count = 0
    for lane in range(lanes):
        if outcome[lane] == RESPONSE and active[lane] > 0.0:
            chosen[count] = lane
            count += 1
    padded = min((count + PADDING - 1) // PADDING * PADDING, lanes)
    for s in range(count, padded):
        chosen[s] = chosen[0]
    return count, padded


@stage
def gather(chosen, padded, replicate, crisis, thirds, survivor_replicate, survivors, survivor_thirds):
    """Copy the chosen lanes' crises to the first lanes of the survivors' arrays."""
    for s in range(padded):
        survivor_replicate[s] = replicate[chosen[s]]
    for field in range(EXPECTED_FIELDS):
        for s in range(padded):
            survivors[field, s] = crisis[field, chosen[s]]
    for field in range(EXPECTED_FIELDS, RESPONSE_END):
        for s in range(padded):
            survivors[field, s] = 0.0
    for field in range(COMPACTED_FIELDS):
        for j in range(thirds.shape[1]):
            for s in range(padded):
                survivor_thirds[field, j, s] = thirds[field, j, chosen[s]]


@stage
def enforce(point, institution, episode, seed, replicate, crisis, thirds, scratch, room):
    """Climb the ladder: lower rungs where authorised, then force, then war, until the challenger yields.

    `replicate` (survivor,) gives the number of survivors, a multiple of the padding; `crisis` and `thirds` are theirs.
    """
    for item in range(1, institution.rungs):
        _vote(point, institution, item, episode, seed, replicate, crisis, thirds, scratch[FIRST], room)
        _take_lower_rung(point, institution, item, episode, seed, replicate, crisis, thirds, scratch[FIRST], room)
    _vote(point, institution, _FORCE, episode, seed, replicate, crisis, thirds, scratch[FIRST], room)
    _use_force(point, institution, episode, seed, replicate, crisis, thirds, scratch[FIRST], room)


@stage
def _vote(point, institution, item, episode, seed, replicate, crisis, thirds, draws, room):
    """Authorise one item: by the council's vote, or as a matter of course where there is no council."""
    count = replicate.shape[0]
    if institution.seating == _NO_COUNCIL:
        for s in range(count):
            open_case = 1.0 if crisis[OUTCOME, s] == RESPONSE else 0.0
            crisis[REACHED + item, s] = open_case
            crisis[AUTHORISED + item, s] = 1.0
            crisis[MANDATES, s] += open_case
        return
    vetoes, yes_votes, yes, not_no, ballot = room[FIRST], room[SECOND], room[THIRD], room[FOURTH], room[FIFTH]
    fill_uniforms(draws, point.n_states, replicate, episode, _VOTE, item * STRIDE, seed)
    for s in range(count):
        vetoes[s] = crisis[CHALLENGER_VETOES, s]
        yes_votes[s] = crisis[VICTIM_VOTES, s]
    for j in range(thirds.shape[1]):
        vote_probabilities(point, institution, item, thirds, j, count, yes, not_no)
        for s in range(count):
            lower = min(crisis[CHALLENGER, s], crisis[TARGET, s])
            upper = max(crisis[CHALLENGER, s], crisis[TARGET, s])
            u = third_party(draws, j, s, lower, upper)
            ballot[s] = 1.0 if u < yes[s] else (-1.0 if u >= not_no[s] else 0.0)
        for s in range(count):  # apart, as below: a loop with more stores does not vectorise
            yes_votes[s] += thirds[VOTER, j, s] if ballot[s] > 0.0 else 0.0
            vetoes[s] += thirds[VETO, j, s] if ballot[s] < 0.0 else 0.0
            thirds[BALLOT + item, j, s] = thirds[VOTER, j, s] * ballot[s]
    for s in range(count):
        open_case = 1.0 if crisis[OUTCOME, s] == RESPONSE else 0.0
        passes = vetoes[s] == 0.0 and crisis[NEED, s] >= 0.0 and yes_votes[s] >= crisis[NEED, s]
        authorised = 1.0 if passes else 0.0
        crisis[REACHED + item, s] = open_case
        crisis[YES_VOTES + item, s] = yes_votes[s]
        crisis[VETOES + item, s] = vetoes[s]
        crisis[AUTHORISED + item, s] = authorised
        crisis[MANDATES, s] += open_case * authorised
        crisis[VOTES, s] += open_case
        crisis[PASSED, s] += open_case * authorised
        crisis[VETOED, s] += open_case if vetoes[s] > 0.0 else 0.0


@stage
def _take_lower_rung(point, institution, item, episode, seed, replicate, crisis, thirds, draws, room):
    """Sanctions or isolation, if authorised: each third party takes part or not; the challenger may yield."""
    count = replicate.shape[0]
    severity, cost, noise = institution.severity[item], institution.cost[item], point.noise
    assurance_weight = point.assurance_weight
    taking_part, shirking, assurance, part = room[FIRST], room[SECOND], room[THIRD], room[FOURTH]
    fill_uniforms(draws, point.n_states, replicate, episode, _PARTICIPATION, item * STRIDE, seed)
    for s in range(count):
        taking_part[s] = 0.0
        shirking[s] = 0.0
        assurance[s] = assurance_weight * (2.0 * crisis[SUPPORT, s] - 1.0)
    for j in range(thirds.shape[1]):
        for s in range(count):
            lower = min(crisis[CHALLENGER, s], crisis[TARGET, s])
            upper = max(crisis[CHALLENGER, s], crisis[TARGET, s])
            u = third_party(draws, j, s, lower, upper)
            utility = thirds[HELP_UTILITY, j, s] + thirds[OBLIGATION, j, s]
            p = participation(utility, assurance[s], cost * thirds[VICTIM_SIDE_COST, j, s], noise)
            part[s] = 1.0 if u < p else 0.0
        for s in range(count):
            taking_part[s] += part[s] * thirds[POWER, j, s]
            shirking[s] += max(0.0, saturate(thirds[OBLIGATION, j, s]) - part[s]) * thirds[POWER, j, s]
            thirds[CHOICE + item, j, s] = thirds[LIVING, j, s] * part[s]
    for s in range(count):
        taken = crisis[OUTCOME, s] == RESPONSE and crisis[AUTHORISED + item, s] > 0.0
        total = crisis[THIRD_POWER, s]
        share = taking_part[s] / total if total > 0.0 else 0.0
        riding = shirking[s] / total if total > 0.0 else 0.0
        sanctions = crisis[SANCTIONS, s] + (severity / crisis[STAKE, s] * share if taken else 0.0)
        yields = taken and crisis[FIGHTING_VALUE, s] - sanctions < crisis[RETREAT_VALUE, s]
        crisis[SHARE, s] = share if taken else crisis[SHARE, s]
        crisis[RIDING, s] = riding if taken else crisis[RIDING, s]
        crisis[SANCTIONS, s] = sanctions
        crisis[OUTCOME, s] = _BEFORE_RUNG_1 + item if yields else crisis[OUTCOME, s]


@stage
def _use_force(point, institution, episode, seed, replicate, crisis, thirds, draws, room):
    """Each third party fights for the victim, joins the challenger or abstains; the challenger yields, or war."""
    count = replicate.shape[0]
    m, inverse_noise = point.decisiveness, 1.0 / point.noise
    residual, cost = institution.residual, institution.cost[0]
    balancing, bandwagon = institution.weight, institution.bandwagon_weight
    assurance, efficacy_weight, general_war = point.assurance_weight, point.efficacy_weight, point.general_war
    binding = 1.0 if (institution.seating != _NO_COUNCIL or institution.scope == _MEMBERS) else 0.0
    helping, joining, shirking, effect, side = room[FIRST], room[SECOND], room[THIRD], room[FOURTH], room[FIFTH]
    fill_uniforms(draws, point.n_states, replicate, episode, _PARTICIPATION, _FIRST_INDEX, seed)
    for s in range(count):
        ours, theirs = crisis[TARGET_STRENGTH, s], crisis[CHALLENGER_STRENGTH, s]
        effect[s] = marginal_effect(m, theirs, ours)
        helping[s] = 0.0
        joining[s] = 0.0
        shirking[s] = 0.0
    for j in range(thirds.shape[1]):
        for s in range(count):
            lower = min(crisis[CHALLENGER, s], crisis[TARGET, s])
            upper = max(crisis[CHALLENGER, s], crisis[TARGET, s])
            u = third_party(draws, j, s, lower, upper)
            even = balance(crisis[CHALLENGER_STRENGTH, s], crisis[TARGET_STRENGTH, s])
            mandate = 1.0 if crisis[AUTHORISED + _FORCE, s] > 0.0 else residual
            power, obligation = thirds[POWER, j, s], thirds[OBLIGATION, j, s]
            pull = thirds[HELP_UTILITY, j, s] + mandate * obligation + balancing * even
            pull += efficacy_weight * efficacy(effect[s], power) + assurance * (2.0 * crisis[SUPPORT, s] - 1.0)
            help_utility = pull - cost * thirds[VICTIM_SIDE_COST, j, s]
            join_utility = thirds[JOIN_UTILITY, j, s] + bandwagon * even - cost * thirds[CHALLENGER_SIDE_COST, j, s]
            p_help, p_join = three_way_logit(help_utility * inverse_noise, join_utility * inverse_noise)
            side[s] = 1.0 if u < p_help else (-1.0 if u < p_help + p_join else 0.0)
        for s in range(count):
            power = thirds[POWER, j, s]
            helps = thirds[LIVING, j, s] if side[s] > 0.0 else 0.0
            joins = thirds[LIVING, j, s] if side[s] < 0.0 else 0.0
            helping[s] += helps * power
            joining[s] += joins * power
            shirking[s] += max(0.0, saturate(thirds[OBLIGATION, j, s]) - helps) * power
            thirds[CHOICE + _FORCE, j, s] = helps - joins
        for s in range(count):
            crisis[HELPERS, s] += 1.0 if thirds[CHOICE + _FORCE, j, s] > 0.0 else 0.0
            crisis[JOINERS, s] += 1.0 if thirds[CHOICE + _FORCE, j, s] < 0.0 else 0.0
    for s in range(count):
        forced = crisis[OUTCOME, s] == RESPONSE
        total = crisis[THIRD_POWER, s]
        everybody = crisis[CHALLENGER_POWER, s] + crisis[TARGET_POWER, s] + total
        ours = crisis[TARGET_POWER, s] + helping[s]
        theirs = crisis[CHALLENGER_POWER, s] + joining[s]
        engaged = ours + theirs
        against = log_odds_against(theirs, ours, m)
        chance, belief = logistic(-against), logistic(-against - crisis[MISPERCEPTION, s])
        fighting = belief - crisis[CHALLENGER_COST, s] - crisis[SANCTIONS, s]
        bilateral = crisis[HELPERS, s] + crisis[JOINERS, s] == 0.0
        general = engaged >= general_war * everybody - 1e-9
        war = _BILATERAL_WAR if bilateral else (_GENERAL_WAR if general else _LIMITED_WAR)
        resolved = _COERCED_BY_FORCE if fighting < crisis[RETREAT_VALUE, s] else war
        share = helping[s] / total if total > 0.0 else 0.0
        riding = shirking[s] / total if total > 0.0 else 0.0
        crisis[OUTCOME, s] = resolved if forced else crisis[OUTCOME, s]
        crisis[SHARE, s] = share if forced else crisis[SHARE, s]
        crisis[RIDING, s] = riding if forced else crisis[RIDING, s]
        crisis[FORCED, s] = 1.0 if forced else 0.0
        crisis[MANDATED, s] = binding * crisis[AUTHORISED + _FORCE, s]
        crisis[JOINED, s] = joining[s] / total if total > 0.0 else 0.0
        crisis[ENGAGED, s] = engaged / everybody if everybody > 0.0 else 0.0
        crisis[WON, s] = 1.0 if crisis[WAR_DRAW, s] < chance else 0.0
        crisis[BELIEF_BEFORE_WAR, s] = belief
        crisis[CHANCE, s] = chance
