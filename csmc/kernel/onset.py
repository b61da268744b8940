"""MODEL 3, steps 2 and 3: who challenges whom, over what."""

import math

from csmc._jit import inlined, stage
from csmc.kernel.codes import Assessment, CrisisDraw, Layout
from csmc.kernel.mathematics import contest, exp, log, saturate

_PLANE = int(Layout.PLANE)
_CHALLENGER = int(CrisisDraw.CHALLENGER)
_TARGET = int(CrisisDraw.TARGET)
_CHALLENGER_COST = int(CrisisDraw.CHALLENGER_COST)
_TARGET_COST = int(CrisisDraw.TARGET_COST)
_STATUS_QUO = int(Assessment.STATUS_QUO)
_MISPERCEPTION = int(Assessment.MISPERCEPTION)


@inlined
def _root(x, power):
    """x**power for x > 0."""
    return math.sqrt(x) if power == 0.5 else exp(power * log(x))


@stage
def _choose(weights, n, uniform, choice, scratch):
    """Weighted choice per lane: the first row with u Σw < cumulative weight, else the last row with weight."""
    total, cumulative = scratch.total, scratch.partial
    lanes = choice.shape[0]
    for lane in range(lanes):
        total[lane] = 0.0
        cumulative[lane] = 0.0
        choice[lane] = -1
    for i in range(n):
        for lane in range(lanes):
            total[lane] += weights[i, lane]
    for i in range(n):
        for lane in range(lanes):
            cumulative[lane] += weights[i, lane]
            found = uniform[lane] * total[lane] < cumulative[lane]
            choice[lane] = i if (found and choice[lane] < 0) else choice[lane]
    for lane in range(lanes):
        if choice[lane] < 0:
            for i in range(n):
                if weights[i, lane] > 0.0:
                    choice[lane] = i


@stage
def choose_challenger(point, world, capability, challenger, scratch):
    """The challenger: the more capable and the further from the standing order, the likelier."""
    n = point.n_states
    lanes = challenger.shape[0]
    weights, square = scratch.first, scratch.second
    mean = scratch.other
    floor, power = point.onset_floor, point.onset_power
    for d in range(point.dimensions):
        for lane in range(lanes):
            mean[lane] = 0.0
        for i in range(n):
            for lane in range(lanes):
                mean[lane] += capability[i, lane] * world.interest[d, i, lane]
        for i in range(n):
            for lane in range(lanes):
                gap = world.interest[d, i, lane] - mean[lane]
                square[i, lane] = gap * gap + (square[i, lane] if d > 0 else 0.0)
    for i in range(n):
        for lane in range(lanes):
            share = capability[i, lane]
            weight = _root(share, power) * (floor + saturate(math.sqrt(square[i, lane])))
            weights[i, lane] = weight if share > 0.0 else 0.0
    _choose(weights, n, world.crisis_draw[_CHALLENGER], challenger, scratch)


@stage
def _distances(point, interest, state, distance):
    """|x_i - x_state| of every state i."""
    n = point.n_states
    lanes = state.shape[0]
    dimensions = point.dimensions
    for i in range(n):
        for lane in range(lanes):
            distance[i, lane] = 0.0
    for d in range(dimensions):
        for i in range(n):
            for lane in range(lanes):
                gap = interest[d, i, lane] - interest[d, state[lane], lane]
                distance[i, lane] += gap * gap
    for i in range(n):
        for lane in range(lanes):
            distance[i, lane] = math.sqrt(distance[i, lane])


@stage
def _reach(point, decay, position, state, reach):
    """e^{-λ D} between every state and `state`: what is left of power at that distance."""
    n = point.n_states
    lanes = state.shape[0]
    if point.layout == _PLANE:
        loss = point.loss_of_strength
        for i in range(n):
            for lane in range(lanes):
                across = position[0, i, lane] - position[0, state[lane], lane]
                up = position[1, i, lane] - position[1, state[lane], lane]
                reach[i, lane] = exp(-loss * math.sqrt(across * across + up * up))
    else:
        for i in range(n):
            for lane in range(lanes):
                reach[i, lane] = decay[i, state[lane]]


@stage
def choose_target(point, world, decay, capability, challenger, target, scratch):
    """The target: the further in interests from the challenger and the nearer in space, the likelier.

    Leaves every state's distance in interests to the challenger in `scratch.third`.
    """
    n = point.n_states
    lanes = target.shape[0]
    weights, reach, distance = scratch.first, scratch.second, scratch.third
    floor = point.onset_floor
    _distances(point, world.interest, challenger, distance)
    _reach(point, decay, world.position, challenger, reach)
    for lane in range(lanes):
        scratch.other[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            possible = capability[i, lane] > 0.0 and i != challenger[lane]
            weight = (floor + saturate(distance[i, lane])) * reach[i, lane]
            weights[i, lane] = weight if possible else 0.0
            scratch.other[lane] += weights[i, lane]
    for lane in range(lanes):
        if scratch.other[lane] <= 0.0:  # all weights vanish: uniform over the living
            for i in range(n):
                possible = capability[i, lane] > 0.0 and i != challenger[lane]
                weights[i, lane] = 1.0 if possible else 0.0
    _choose(weights, n, world.crisis_draw[_TARGET], target, scratch)
    for lane in range(lanes):
        if target[lane] < 0:  # nobody left to challenge: the history is over, and what follows is not counted
            target[lane] = (challenger[lane] + 1) % n


@stage
def set_stage(point, world, decay, capability, crisis, scratch):
    """Stake, status quo, costs and error of assessment; the parties' power at the target's theatre.

    Reads the distances to the challenger that `choose_target` left in `scratch.third`; leaves effective capability in
    `scratch.first` and the distances to the target in `scratch.second`.
    """
    n = point.n_states
    lanes = crisis.target.shape[0]
    power, target_distance, challenger_distance = scratch.first, scratch.second, scratch.third
    _reach(point, decay, world.position, crisis.target, power)
    for i in range(n):
        for lane in range(lanes):
            power[i, lane] *= capability[i, lane]
    _distances(point, world.interest, crisis.target, target_distance)
    stake_floor, war_cost, m = point.stake_floor, point.war_cost, point.decisiveness
    revisionism, misperception = point.revisionism, point.misperception
    spoils, hegemony = point.spoils, point.hegemony
    for lane in range(lanes):
        a, b = crisis.challenger[lane], crisis.target[lane]
        stake = stake_floor + (1.0 - stake_floor) * saturate(challenger_distance[b, lane])
        cost_range = war_cost / stake
        crisis.stake[lane] = stake
        crisis.cost_range[lane] = cost_range
        crisis.challenger_cost[lane] = cost_range * world.crisis_draw[_CHALLENGER_COST, lane]
        crisis.target_cost[lane] = cost_range * world.crisis_draw[_TARGET_COST, lane]
        crisis.challenger_power[lane] = power[a, lane]
        crisis.target_power[lane] = power[b, lane]
        crisis.challenger_great[lane] = world.great_power[a, lane]
        crisis.target_great[lane] = world.great_power[b, lane]
        crisis.challenger_member[lane] = world.member[a, lane]
        crisis.target_member[lane] = world.member[b, lane]
        excess = capability[a, lane] + spoils * capability[b, lane] - hegemony
        crisis.hegemony[lane] = max(0.0, excess) / (1.0 - hegemony)
    for lane in range(lanes):
        crisis.misperception[lane] = m * misperception * world.assessment[_MISPERCEPTION, lane]
        balance = contest(crisis.challenger_power[lane], crisis.target_power[lane], m)
        share = balance + revisionism * world.assessment[_STATUS_QUO, lane]
        crisis.status_quo[lane] = min(max(share, 0.0), 1.0)
