"""MODEL 3, step 6: who is expected to help whom (a logit quantal response with assurance)."""

from typing import NamedTuple

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.codes import Seating
from csmc.kernel.mathematics import contest, exp, logistic, saturate

_NO_COUNCIL = int(Seating.NO_COUNCIL)


class Response(NamedTuple):
    """What everybody expects of third parties; frozen after the last round."""

    mandate: np.ndarray  # (lane,) M̂, the factor on obligations expected for force
    challenger_strength: np.ndarray  # (lane,) S_a
    target_strength: np.ndarray  # (lane,) S_b
    support: np.ndarray  # (lane,) E, the share of third-party capability expected to help the victim
    pressure: np.ndarray  # (lane,) Ĉ, the cost expected from the lower rungs
    fixed_help: np.ndarray  # (third, lane) room: the part of W^b/σ_u that does not change between rounds
    fixed_join: np.ndarray  # (third, lane) room: the same of W^a/σ_u


@stage
def new_response(n, lanes):
    """An uninitialised Response."""
    return Response(
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros((n - 2, lanes)),
        np.zeros((n - 2, lanes)),
    )


@inlined
def three_way_logit(help_utility, join_utility):
    """(P(help b), P(join a)) against abstaining at 0, utilities in units of the noise; finite for all arguments.

    The largest of the three is subtracted, so both exponents are <= 0 and one exponential is known to be 1.
    """
    helping = help_utility >= 0.0 and help_utility >= join_utility
    joining = join_utility > 0.0 and join_utility > help_utility
    # The exponentials of the two that are not largest: abstain or help, join or abstain.
    first = -help_utility if helping else (help_utility - join_utility if joining else help_utility)
    second = join_utility - help_utility if helping else (-join_utility if joining else join_utility)
    one, two = exp(first), exp(second)
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
def marginal_effect(decisiveness, p, target_strength):
    """m p_a p_b / S_b: what a unit of capability adds to the victim's chance (any amount, where S_b is 0)."""
    return decisiveness * p * (1.0 - p) / target_strength if target_strength > 0.0 else np.inf


@inlined
def efficacy(effect, power, target_strength):
    """min(1, m p_a p_b e_k / S_b); 1 where S_b is 0."""
    return min(1.0, effect * power) if target_strength > 0.0 else 1.0


@stage
def expect_response(point, institution, crisis, utilities, mandates, trust, response, scratch):
    """Iterate the expected response `rounds` times, all third parties from the same expectations."""
    thirds = point.n_states - 2
    lanes = trust.shape[0]
    inverse_noise = 1.0 / point.noise
    m = point.decisiveness
    balancing = institution.weight * inverse_noise
    bandwagon = institution.bandwagon_weight * inverse_noise
    assurance = point.assurance_weight * inverse_noise
    efficacy_weight = point.efficacy_weight * inverse_noise
    residual, full_cost = institution.residual, institution.cost[0]
    help_sum, join_sum = scratch.total, scratch.partial

    for lane in range(lanes):
        response.mandate[lane] = residual + (1.0 - residual) * mandates[0, lane]
        response.support[lane] = trust[lane]
        response.challenger_strength[lane] = crisis.challenger_power[lane]
        help_sum[lane] = 0.0
    for j in range(thirds):
        for lane in range(lanes):
            obligation = utilities.obligation[j, lane]
            cost = full_cost * crisis.victim_side_cost[j, lane]
            joining_cost = full_cost * crisis.challenger_side_cost[j, lane]
            bound = utilities.victim[j, lane] + response.mandate[lane] * obligation - cost
            response.fixed_help[j, lane] = bound * inverse_noise
            response.fixed_join[j, lane] = (utilities.challenger[j, lane] - joining_cost) * inverse_noise
            help_sum[lane] += saturate(obligation) * crisis.power[j, lane]
    for lane in range(lanes):
        expected = response.support[lane] * response.mandate[lane] * help_sum[lane]
        response.target_strength[lane] = crisis.target_power[lane] + expected

    for _ in range(point.rounds):
        tilt, drive, effect = scratch.first[0], scratch.first[1], scratch.first[2]
        for lane in range(lanes):
            ours, theirs = response.target_strength[lane], response.challenger_strength[lane]
            even = balance(theirs, ours)
            tilt[lane] = bandwagon * even
            drive[lane] = balancing * even + assurance * (2.0 * response.support[lane] - 1.0)
            effect[lane] = marginal_effect(m, contest(theirs, ours, m), ours)
            help_sum[lane] = 0.0
            join_sum[lane] = 0.0
        for j in range(thirds):
            for lane in range(lanes):
                power = crisis.power[j, lane]
                useful = efficacy(effect[lane], power, response.target_strength[lane])
                help_utility = response.fixed_help[j, lane] + drive[lane] + efficacy_weight * useful
                join_utility = response.fixed_join[j, lane] + tilt[lane]
                p_help, p_join = three_way_logit(help_utility, join_utility)
                help_sum[lane] += p_help * power
                join_sum[lane] += p_join * power
        for lane in range(lanes):
            total = crisis.third_power[lane]
            response.challenger_strength[lane] = crisis.challenger_power[lane] + join_sum[lane]
            response.target_strength[lane] = crisis.target_power[lane] + help_sum[lane]
            response.support[lane] = help_sum[lane] / total if total > 0.0 else 0.0


@stage
def expect_pressure(point, institution, crisis, utilities, mandates, response, scratch):
    """Ĉ = Σ_r Π_r severity_r / v · (expected share taking part), over the lower rungs."""
    thirds = point.n_states - 2
    lanes = response.pressure.shape[0]
    share = scratch.total
    for lane in range(lanes):
        response.pressure[lane] = 0.0
    for item in range(1, institution.rungs):
        severity, cost = institution.severity[item], institution.cost[item]
        for lane in range(lanes):
            share[lane] = 0.0
        for j in range(thirds):
            for lane in range(lanes):
                p = participation(
                    point,
                    utilities.victim[j, lane] + utilities.obligation[j, lane],
                    response.support[lane],
                    cost * crisis.victim_side_cost[j, lane],
                )
                share[lane] += p * crisis.power[j, lane]
        for lane in range(lanes):
            total = crisis.third_power[lane]
            portion = share[lane] / total if total > 0.0 else 0.0
            response.pressure[lane] += mandates[item, lane] * severity / crisis.stake[lane] * portion


@inlined
def participation(point, utility, support, cost):
    """Probability of taking part in a lower rung: Λ((U^b + B + ψ(2E-1) - f C) / σ_u)."""
    return logistic((utility + point.assurance_weight * (2.0 * support - 1.0) - cost) / point.noise)
