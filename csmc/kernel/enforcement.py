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
    PASSED,
    POWER,
    REACHED,
    READINESS,
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
    THIRD_FIELDS,
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
    laned,
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
def select_survivors(outcome, active, counted, chosen):
    """Number of the lanes, of the first `counted`, that call for a response; they are written to `chosen`."""
    count = 0
    for lane in range(counted):
        if outcome[lane] == RESPONSE and active[lane] > 0.0:
            chosen[count] = lane
            count += 1
    return count


@stage
def gather(chosen, padded, replicate, crisis, thirds, survivor_replicate, survivors, survivor_thirds):
    """Copy the chosen lanes' crises to the first lanes of the survivors' arrays, nothing decided yet.

    What earlier crises left in the lanes from there to `padded` is carried through the response and never looked at.
    """
    crisis, thirds = laned(crisis), laned(thirds)
    survivors, survivor_thirds = laned(survivors), laned(survivor_thirds)
    count = chosen.shape[0]
    for s in range(count):
        survivor_replicate[s] = replicate[chosen[s]]
    for field in range(EXPECTED_FIELDS):
        for s in range(count):
            survivors[field, s] = crisis[field, chosen[s]]
    for field in range(EXPECTED_FIELDS, RESPONSE_END):
        for s in range(padded):
            survivors[field, s] = 0.0
    for j in range(thirds.shape[0]):
        for field in range(COMPACTED_FIELDS):
            for s in range(count):
                survivor_thirds[j, field, s] = thirds[j, field, chosen[s]]


@stage
def enforce(point, institution, episode, keys, replicate, crisis, thirds, decisions, scratch, room):
    """Climb the ladder: lower rungs where authorised, then force, then war, until the challenger yields.

    `replicate` (survivor,) gives the number of survivors, a multiple of the padding; `crisis` and `thirds` are theirs,
    and so are the `decisions` to fill: ballots by item, choices by item, and readiness to fight.
    """
    ballots, choices, draws = decisions[BALLOT - THIRD_FIELDS :], decisions[CHOICE - THIRD_FIELDS :], scratch[FIRST]
    readiness = decisions[READINESS - THIRD_FIELDS]
    for item in range(1, institution.rungs):
        _vote(point, institution, item, episode, keys, replicate, crisis, thirds, ballots[item], draws, room)
        _take_lower_rung(point, institution, item, episode, keys, replicate, crisis, thirds, choices[item], draws, room)
    _vote(point, institution, _FORCE, episode, keys, replicate, crisis, thirds, ballots[_FORCE], draws, room)
    _use_force(point, institution, episode, keys, replicate, crisis, thirds, choices[_FORCE], readiness, draws, room)


@stage
def _copy(source, count, out):
    """The first `count` lanes of a row to a row that depends on the item: apart, or the loop would need checks."""
    for s in range(count):
        out[s] = source[s]


@stage
def _vote(point, institution, item, episode, keys, replicate, crisis, thirds, ballot, draws, room):
    """Authorise one item: by the council's vote, or as a matter of course where there is no council."""
    crisis, thirds, ballot, draws, room = laned(crisis), laned(thirds), laned(ballot), laned(draws), laned(room)
    count = replicate.shape[0]
    if institution.seating == _NO_COUNCIL:
        for s in range(count):
            open_case = 1.0 if crisis[OUTCOME, s] == RESPONSE else 0.0
            crisis[REACHED + item, s] = open_case
            crisis[AUTHORISED + item, s] = 1.0
            crisis[MANDATES, s] += open_case
        return
    inverse_noise = 1.0 / point.noise
    price, shift = point.vote_cost * institution.cost[item], institution.abstention * inverse_noise
    vetoes, yes_votes, authorised, open_case = room[FIRST], room[SECOND], room[THIRD], room[FOURTH]
    fill_uniforms(draws, point.n_states, replicate, episode, _VOTE, item * STRIDE, keys)
    for s in range(count):
        vetoes[s] = crisis[CHALLENGER_VETOES, s]
        yes_votes[s] = crisis[VICTIM_VOTES, s]
    for j in range(thirds.shape[0]):
        for s in range(count):
            a, b = crisis[CHALLENGER, s], crisis[TARGET, s]
            u = third_party(draws, j, s, min(a, b), max(a, b))
            value = thirds[j, HELP_UTILITY, s] + thirds[j, OBLIGATION, s]
            value = (value - price * thirds[j, VICTIM_SIDE_COST, s]) * inverse_noise
            yes, not_no, _ = vote_probabilities(value, shift)
            voter, veto = thirds[j, VOTER, s], thirds[j, VETO, s]
            yes_votes[s] += voter if u < yes else 0.0
            vetoes[s] += veto if u >= not_no else 0.0
            ballot[j, s] = voter if u < yes else (-voter if u >= not_no else 0.0)
    for s in range(count):
        need, votes_for, vetoed = crisis[NEED, s], yes_votes[s], vetoes[s] > 0.0
        open_case[s] = 1.0 if crisis[OUTCOME, s] == RESPONSE else 0.0
        authorised[s] = 1.0 if need >= 0.0 and votes_for >= need and not vetoed else 0.0
        crisis[MANDATES, s] += open_case[s] * authorised[s]
        crisis[VOTES, s] += open_case[s]
        crisis[PASSED, s] += open_case[s] * authorised[s]
        crisis[VETOED, s] += open_case[s] if vetoed else 0.0
    _copy(open_case, count, crisis[REACHED + item])
    _copy(yes_votes, count, crisis[YES_VOTES + item])
    _copy(vetoes, count, crisis[VETOES + item])
    _copy(authorised, count, crisis[AUTHORISED + item])


@stage
def _take_lower_rung(point, institution, item, episode, keys, replicate, crisis, thirds, choice, draws, room):
    """Sanctions or isolation, if authorised: each third party takes part or not; the challenger may yield."""
    crisis, thirds, choice, draws, room = laned(crisis), laned(thirds), laned(choice), laned(draws), laned(room)
    count = replicate.shape[0]
    severity, cost, inverse_noise = institution.severity[item], institution.cost[item], 1.0 / point.noise
    assurance_weight = point.assurance_weight
    taking_part, shirking, assurance, authorised = room[FIRST], room[SECOND], room[THIRD], room[FOURTH]
    _copy(crisis[AUTHORISED + item], count, authorised)
    fill_uniforms(draws, point.n_states, replicate, episode, _PARTICIPATION, item * STRIDE, keys)
    for s in range(count):
        taking_part[s] = 0.0
        shirking[s] = 0.0
        assurance[s] = assurance_weight * (2.0 * crisis[SUPPORT, s] - 1.0)
    for j in range(thirds.shape[0]):
        for s in range(count):
            a, b = crisis[CHALLENGER, s], crisis[TARGET, s]
            u = third_party(draws, j, s, min(a, b), max(a, b))
            obligation, power, living = thirds[j, OBLIGATION, s], thirds[j, POWER, s], thirds[j, LIVING, s]
            utility, price = thirds[j, HELP_UTILITY, s] + obligation, cost * thirds[j, VICTIM_SIDE_COST, s]
            takes_part = 1.0 if u < participation(utility, assurance[s], price, inverse_noise) else 0.0
            taking_part[s] += takes_part * power
            shirking[s] += max(0.0, saturate(obligation) - takes_part) * power
            choice[j, s] = living * takes_part
    for s in range(count):
        outcome, share_before, riding_before = crisis[OUTCOME, s], crisis[SHARE, s], crisis[RIDING, s]
        total, taken_part, shirked = crisis[THIRD_POWER, s], taking_part[s], shirking[s]
        taken = outcome == RESPONSE and authorised[s] > 0.0
        share = taken_part / total if total > 0.0 else 0.0
        riding = shirked / total if total > 0.0 else 0.0
        pressure = severity / crisis[STAKE, s] * share
        sanctions = crisis[SANCTIONS, s] + (pressure if taken else 0.0)
        regrets = crisis[FIGHTING_VALUE, s] - sanctions < crisis[RETREAT_VALUE, s]
        crisis[SHARE, s] = share if taken else share_before
        crisis[RIDING, s] = riding if taken else riding_before
        crisis[SANCTIONS, s] = sanctions
        crisis[OUTCOME, s] = _BEFORE_RUNG_1 + item if taken and regrets else outcome


@stage
def _use_force(point, institution, episode, keys, replicate, crisis, thirds, choice, readiness, draws, room):
    """Each third party fights for the victim, joins the challenger or abstains; the challenger yields, or war."""
    crisis, thirds, choice, draws, room = laned(crisis), laned(thirds), laned(choice), laned(draws), laned(room)
    readiness = laned(readiness)
    count = replicate.shape[0]
    m, inverse_noise = point.decisiveness, 1.0 / point.noise
    residual, cost = institution.residual, institution.cost[0]
    balancing, bandwagon = institution.weight, institution.bandwagon_weight
    assurance, efficacy_weight, general_war = point.assurance_weight, point.efficacy_weight, point.general_war
    binding = 1.0 if (institution.seating != _NO_COUNCIL or institution.scope == _MEMBERS) else 0.0
    helping, joining, shirking, effect, even = room[FIRST], room[SECOND], room[THIRD], room[FOURTH], room[FIFTH]
    fill_uniforms(draws, point.n_states, replicate, episode, _PARTICIPATION, _FIRST_INDEX, keys)
    for s in range(count):
        ours, theirs = crisis[TARGET_STRENGTH, s], crisis[CHALLENGER_STRENGTH, s]
        effect[s] = marginal_effect(m, log_odds_against(theirs, ours, m), ours)
        even[s] = balance(theirs, ours)
        helping[s] = 0.0
        joining[s] = 0.0
        shirking[s] = 0.0
    for j in range(thirds.shape[0]):
        for s in range(count):
            a, b = crisis[CHALLENGER, s], crisis[TARGET, s]
            u = third_party(draws, j, s, min(a, b), max(a, b))
            mandate = 1.0 if crisis[AUTHORISED + _FORCE, s] > 0.0 else residual
            power, obligation, living = thirds[j, POWER, s], thirds[j, OBLIGATION, s], thirds[j, LIVING, s]
            pull = thirds[j, HELP_UTILITY, s] + mandate * obligation + balancing * even[s]
            pull += efficacy_weight * efficacy(effect[s], power) + assurance * (2.0 * crisis[SUPPORT, s] - 1.0)
            help_utility = pull - cost * thirds[j, VICTIM_SIDE_COST, s]
            join_utility = thirds[j, JOIN_UTILITY, s] + bandwagon * even[s]
            join_utility -= cost * thirds[j, CHALLENGER_SIDE_COST, s]
            p_help, p_join = three_way_logit(help_utility * inverse_noise, join_utility * inverse_noise)
            helps = living if u < p_help else 0.0
            joins = living - helps if u < p_help + p_join else 0.0
            helping[s] += helps * power
            joining[s] += joins * power
            shirking[s] += max(0.0, saturate(obligation) - helps) * power
            crisis[HELPERS, s] += helps
            crisis[JOINERS, s] += joins
            choice[j, s] = helps - joins
            readiness[j, s] = (p_help + p_join) / u
    for s in range(count):  # values that are chosen between are read first: a read under a condition is not vectorised
        outcome, share_before, riding_before = crisis[OUTCOME, s], crisis[SHARE, s], crisis[RIDING, s]
        helped, joined, shirked, total = helping[s], joining[s], shirking[s], crisis[THIRD_POWER, s]
        forced, retreat = outcome == RESPONSE, crisis[RETREAT_VALUE, s]
        everybody = crisis[CHALLENGER_POWER, s] + crisis[TARGET_POWER, s] + total
        ours, theirs = crisis[TARGET_POWER, s] + helped, crisis[CHALLENGER_POWER, s] + joined
        engaged = ours + theirs
        against = log_odds_against(theirs, ours, m)
        chance, belief = logistic(-against), logistic(-against - crisis[MISPERCEPTION, s])
        fighting = belief - crisis[CHALLENGER_COST, s] - crisis[SANCTIONS, s]
        bilateral = crisis[HELPERS, s] + crisis[JOINERS, s] == 0.0
        general = engaged >= general_war * everybody - 1e-9
        war = _BILATERAL_WAR if bilateral else (_GENERAL_WAR if general else _LIMITED_WAR)
        resolved = _COERCED_BY_FORCE if fighting < retreat else war
        share = helped / total if total > 0.0 else 0.0
        riding = shirked / total if total > 0.0 else 0.0
        crisis[OUTCOME, s] = resolved if forced else outcome
        crisis[SHARE, s] = share if forced else share_before
        crisis[RIDING, s] = riding if forced else riding_before
        crisis[FORCED, s] = 1.0 if forced else 0.0
        crisis[MANDATED, s] = binding * crisis[AUTHORISED + _FORCE, s]
        crisis[JOINED, s] = joined / total if total > 0.0 else 0.0
        crisis[ENGAGED, s] = engaged / everybody if everybody > 0.0 else 0.0
        crisis[WON, s] = 1.0 if crisis[WAR_DRAW, s] < chance else 0.0
        crisis[BELIEF_BEFORE_WAR, s] = belief
        crisis[CHANCE, s] = chance
