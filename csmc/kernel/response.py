"""docs/model.md, step 6: who is expected to help whom (a logit quantal response with assurance)."""

import numpy as np

from csmc._jit import fma, inlined, stage
from csmc.kernel.lanes import (
    CHALLENGER_POWER,
    CHALLENGER_SIDE_COST,
    CHALLENGER_STRENGTH,
    EXPECTED_MANDATE,
    FIRST,
    FIXED_HELP,
    FIXED_JOIN,
    FOURTH,
    HELP_UTILITY,
    JOIN_UTILITY,
    MANDATE,
    OBLIGATION,
    POWER,
    PRESSURE,
    SECOND,
    STAKE,
    SUPPORT,
    TARGET_POWER,
    TARGET_STRENGTH,
    THIRD,
    THIRD_POWER,
    VICTIM_SIDE_COST,
    laned,
)
from csmc.kernel.mathematics import exp, exp_within, log_odds_against, logistic, saturate


@inlined
def three_way_logit(help_utility, join_utility):
    """(P(help b), P(join a)) against abstaining at 0, utilities in units of the noise; finite for all arguments.

    The largest of the three is subtracted, so both exponents are <= 0 and one exponential is known to be 1.
    """
    helping = help_utility >= 0.0 and help_utility >= join_utility
    joining = join_utility > 0.0 and join_utility > help_utility
    gap = help_utility - join_utility
    # The exponentials of the two that are not largest: abstain or help, join or abstain.
    one = exp(-help_utility if helping else (gap if joining else help_utility))
    two = exp(-gap if helping else (-join_utility if joining else join_utility))
    share = 1.0 / (1.0 + one + two)
    p_help = share if helping else one * share
    p_join = share if joining else two * share
    return p_help, p_join


@inlined
def balance(challenger_strength, target_strength):
    """(S_a - S_b) / (S_a + S_b); 0 where both are 0."""
    total = challenger_strength + target_strength
    return (challenger_strength - target_strength) / total if total > 0.0 else 0.0


@inlined
def marginal_effect(decisiveness, log_odds, target_strength):
    """m p_a p_b / S_b, given the victim's log odds: what a unit of capability adds to its chance (any, if S_b is 0)."""
    odds = exp(min(log_odds, _LARGEST_EXPONENT))
    effect = decisiveness * odds / ((1.0 + odds) * (1.0 + odds) * target_strength)
    return effect if target_strength > 0.0 else np.inf


@inlined
def efficacy(effect, power):
    """min(1, m p_a p_b e_k / S_b), given the marginal effect; 1 where that has no bound."""
    return min(1.0, effect * power) if effect < np.inf else 1.0


#: e to this can be squared.
_LARGEST_EXPONENT = 350.0

#: Finite, so that who has no power, and no weight in the sums, needs no case of its own.
_LARGEST_EFFECT = 1e200

#: No normal draw from 32-bit uniforms is larger than √(-2 ln 2**-33).
_LARGEST_NORMAL = 6.77

#: Exponentials of logits up to this size can be multiplied in any order without over- or underflow.
_SAFE_LOGIT = 300.0


@inlined
def _largest_logit(point, institution):
    """A bound on |W^b| / σ_u and |W^a| / σ_u: every term of step 6 at its largest."""
    cost = institution.cost[0] * point.joining_cost * exp(point.cost_heterogeneity * _LARGEST_NORMAL)
    interests = point.interest_weight + institution.hegemon_weight + 2.0 * institution.strength + institution.norm
    response = institution.weight + institution.bandwagon_weight + point.efficacy_weight + point.assurance_weight
    return (interests + response + cost * (1.0 + point.power_cost)) / point.noise


@stage
def expect_response(point, institution, crisis, thirds, trust, room):
    """Iterate the expected response `rounds` times, all third parties from the same expectations.

    The logits are sums of a part that is fixed, a part that changes with the round and a part that changes with both.
    Where no logit can be large, their exponentials are factored in the same way, which saves half of them. The effect
    that is kept in each round is the weight of efficacy times the marginal effect.
    """
    crisis, thirds, trust, room = laned(crisis), laned(thirds), laned(trust), laned(room)
    factored = _largest_logit(point, institution) <= _SAFE_LOGIT
    n_thirds, lanes = thirds.shape[0], thirds.shape[2]
    inverse_noise = 1.0 / point.noise
    m = point.decisiveness
    balancing = institution.weight * inverse_noise
    bandwagon = institution.bandwagon_weight * inverse_noise
    assurance = point.assurance_weight * inverse_noise
    efficacy_weight = point.efficacy_weight * inverse_noise
    residual, full_cost = institution.residual, institution.cost[0]
    help_sum, join_sum, drive, tilt = room[FIRST], room[SECOND], room[THIRD], room[FOURTH]
    effect = crisis[PRESSURE]  # not known before the last round

    for lane in range(lanes):
        crisis[EXPECTED_MANDATE, lane] = residual + (1.0 - residual) * crisis[MANDATE, lane]
        crisis[SUPPORT, lane] = trust[lane]
        crisis[CHALLENGER_STRENGTH, lane] = crisis[CHALLENGER_POWER, lane]
        help_sum[lane] = 0.0
    for j in range(n_thirds):
        for lane in range(lanes):
            obligation = thirds[j, OBLIGATION, lane]
            cost = full_cost * thirds[j, VICTIM_SIDE_COST, lane]
            joining_cost = full_cost * thirds[j, CHALLENGER_SIDE_COST, lane]
            bound = thirds[j, HELP_UTILITY, lane] + crisis[EXPECTED_MANDATE, lane] * obligation - cost
            thirds[j, FIXED_HELP, lane] = bound * inverse_noise
            thirds[j, FIXED_JOIN, lane] = (thirds[j, JOIN_UTILITY, lane] - joining_cost) * inverse_noise
            help_sum[lane] += saturate(obligation) * thirds[j, POWER, lane]
        if factored:
            for lane in range(lanes):
                thirds[j, FIXED_HELP, lane] = exp_within(thirds[j, FIXED_HELP, lane])
                thirds[j, FIXED_JOIN, lane] = exp_within(thirds[j, FIXED_JOIN, lane])
    for lane in range(lanes):
        expected = crisis[SUPPORT, lane] * crisis[EXPECTED_MANDATE, lane] * help_sum[lane]
        crisis[TARGET_STRENGTH, lane] = crisis[TARGET_POWER, lane] + expected

    for _ in range(point.rounds):
        for lane in range(lanes):
            ours, theirs = crisis[TARGET_STRENGTH, lane], crisis[CHALLENGER_STRENGTH, lane]
            even = balance(theirs, ours)
            tilt[lane] = bandwagon * even
            drive[lane] = balancing * even + assurance * (2.0 * crisis[SUPPORT, lane] - 1.0)
            effect[lane] = log_odds_against(theirs, ours, m)
            help_sum[lane] = 0.0
            join_sum[lane] = 0.0
        for lane in range(lanes):  # apart: a processor overlaps more turns of two short loops than of a long one
            marginal = marginal_effect(m, effect[lane], crisis[TARGET_STRENGTH, lane])
            effect[lane] = efficacy_weight * min(marginal, _LARGEST_EFFECT)
        if factored:
            if bandwagon > 0.0:
                for lane in range(lanes):
                    tilt[lane] = exp_within(tilt[lane])
            else:
                for lane in range(lanes):
                    tilt[lane] = 1.0
            for j in range(n_thirds):
                for lane in range(lanes):
                    power = thirds[j, POWER, lane]
                    useful = min(efficacy_weight, effect[lane] * power)
                    helping = thirds[j, FIXED_HELP, lane] * exp_within(drive[lane] + useful)
                    joining = thirds[j, FIXED_JOIN, lane] * tilt[lane]
                    weight = power / (1.0 + helping + joining)
                    help_sum[lane] = fma(helping, weight, help_sum[lane])
                    join_sum[lane] = fma(joining, weight, join_sum[lane])
        else:
            for j in range(n_thirds):
                for lane in range(lanes):
                    power = thirds[j, POWER, lane]
                    useful = min(efficacy_weight, effect[lane] * power)
                    help_utility = thirds[j, FIXED_HELP, lane] + drive[lane] + useful
                    p_help, p_join = three_way_logit(help_utility, thirds[j, FIXED_JOIN, lane] + tilt[lane])
                    help_sum[lane] += p_help * power
                    join_sum[lane] += p_join * power
        for lane in range(lanes):
            helping, total = help_sum[lane], crisis[THIRD_POWER, lane]
            crisis[CHALLENGER_STRENGTH, lane] = crisis[CHALLENGER_POWER, lane] + join_sum[lane]
            crisis[TARGET_STRENGTH, lane] = crisis[TARGET_POWER, lane] + helping
            crisis[SUPPORT, lane] = helping / total if total > 0.0 else 0.0


@inlined
def participation(utility, assurance, cost, inverse_noise):
    """Probability of taking part in a lower rung: Λ((U^b + B + ψ(2E-1) - f C) / σ_u)."""
    return logistic((utility + assurance - cost) * inverse_noise)


@stage
def expect_pressure(point, institution, crisis, thirds, room):
    """Ĉ = Σ_r Π_r severity_r / v · (expected share taking part), over the lower rungs."""
    crisis, thirds, room = laned(crisis), laned(thirds), laned(room)
    n_thirds, lanes = thirds.shape[0], thirds.shape[2]
    inverse_noise, assurance_weight = 1.0 / point.noise, point.assurance_weight
    share, assurance, mandate = room[FIRST], room[SECOND], room[THIRD]
    for lane in range(lanes):
        crisis[PRESSURE, lane] = 0.0
        assurance[lane] = assurance_weight * (2.0 * crisis[SUPPORT, lane] - 1.0)
    for item in range(1, institution.rungs):
        severity, cost = institution.severity[item], institution.cost[item]
        for lane in range(lanes):
            share[lane] = 0.0
            mandate[lane] = crisis[MANDATE + item, lane]
        for j in range(n_thirds):
            for lane in range(lanes):
                utility = thirds[j, HELP_UTILITY, lane] + thirds[j, OBLIGATION, lane]
                price = cost * thirds[j, VICTIM_SIDE_COST, lane]
                share[lane] += participation(utility, assurance[lane], price, inverse_noise) * thirds[j, POWER, lane]
        for lane in range(lanes):
            taking_part, total = share[lane], crisis[THIRD_POWER, lane]
            portion = taking_part / total if total > 0.0 else 0.0
            crisis[PRESSURE, lane] += mandate[lane] * severity / crisis[STAKE, lane] * portion
