"""docs/model.md, steps 2 and 3: who challenges whom, over what."""

import math

from csmc._jit import inlined, stage
from csmc.kernel.codes import Assessment, CrisisDraw, Layout
from csmc.kernel.lanes import (
    ASSESSMENT,
    CHALLENGER,
    CHALLENGER_COST,
    CHALLENGER_GREAT,
    CHALLENGER_POWER,
    COST_RANGE,
    CRISIS_DRAW,
    FIRST,
    FOURTH,
    GREAT_POWER,
    HEGEMONY,
    INTEREST,
    MEMBER,
    MISPERCEPTION,
    POSITION,
    SECOND,
    STAKE,
    STATUS_QUO,
    TARGET,
    TARGET_COST,
    TARGET_MEMBER,
    TARGET_POWER,
    THIRD,
    laned,
)
from csmc.kernel.mathematics import contest, exp, log, saturate

_PLANE = int(Layout.PLANE)
_CHALLENGER_DRAW = CRISIS_DRAW + int(CrisisDraw.CHALLENGER)
_TARGET_DRAW = CRISIS_DRAW + int(CrisisDraw.TARGET)
_CHALLENGER_COST_DRAW = CRISIS_DRAW + int(CrisisDraw.CHALLENGER_COST)
_TARGET_COST_DRAW = CRISIS_DRAW + int(CrisisDraw.TARGET_COST)
_STATUS_QUO_ERROR = ASSESSMENT + int(Assessment.STATUS_QUO)
_MISPERCEPTION_ERROR = ASSESSMENT + int(Assessment.MISPERCEPTION)


@inlined
def _raise(x, power):
    """x**power for x > 0."""
    return math.sqrt(x) if power == 0.5 else exp(power * log(x))


@stage
def _choose(n, weights, capability, excluded, uniform, choice, room):
    """Weighted choice of a state per lane: the first with u Σw < cumulative weight, else the last with weight.

    Where all weights vanish, any living state but the one `excluded`; -1 if there is none.
    """
    weights, choice, room = laned(weights), laned(choice), laned(room)
    total, cumulative = room[FIRST], room[SECOND]
    lanes = choice.shape[0]
    for lane in range(lanes):
        total[lane] = 0.0
        cumulative[lane] = 0.0
        choice[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            total[lane] += weights[i, lane]
    for i in range(n):  # cumulative weights never fall, so the choice is the number of those that are not enough
        for lane in range(lanes):
            cumulative[lane] += weights[i, lane]
            choice[lane] += 0.0 if uniform[lane] * total[lane] < cumulative[lane] else 1.0
    for lane in range(lanes):
        if choice[lane] == n:
            choice[lane] = -1.0
            for i in range(n):
                if weights[i, lane] > 0.0:
                    choice[lane] = i
            if choice[lane] < 0.0:
                choice[lane] = _any_living(n, capability, lane, excluded[lane], uniform[lane])


@inlined
def _any_living(n, capability, lane, excluded, u):
    """A living state other than `excluded`, all equally likely; -1 if there is none."""
    count = 0
    for i in range(n):
        count += 1 if (capability[i, lane] > 0.0 and i != excluded) else 0
    passed = 0
    for i in range(n):
        passed += 1 if (capability[i, lane] > 0.0 and i != excluded) else 0
        if u * count < passed:
            return i
    return -1


@stage
def _weigh_challengers(n, floor, power, square, capability, weights):
    """c**η (floor + g(d)), given squared distances to the standing order."""
    square, capability, weights = laned(square), laned(capability), laned(weights)
    for i in range(n):
        for lane in range(square.shape[1]):
            share = capability[i, lane]
            weight = _raise(share, power) * (floor + saturate(math.sqrt(square[i, lane])))
            weights[i, lane] = weight if share > 0.0 else 0.0


@stage
def choose_challenger(point, world, shocks, capability, crisis, scratch, room):
    """The challenger: the more capable and the further from the standing order, the likelier."""
    n = point.n_states
    world, capability, scratch, room = laned(world), laned(capability), laned(scratch), laned(room)
    lanes = room.shape[1]
    weights, square, mean = scratch[FIRST], scratch[SECOND], room[THIRD]
    floor = point.onset_floor
    for i in range(n):
        for lane in range(lanes):
            square[i, lane] = 0.0
    for d in range(point.dimensions):
        for lane in range(lanes):
            mean[lane] = 0.0
        for i in range(n):
            for lane in range(lanes):
                mean[lane] += capability[i, lane] * world[INTEREST + d, i, lane]
        for i in range(n):
            for lane in range(lanes):
                gap = world[INTEREST + d, i, lane] - mean[lane]
                square[i, lane] += gap * gap
    _weigh_challengers(n, floor, point.onset_power, square, capability, weights)
    nobody = mean  # the mean is not needed any more
    for lane in range(lanes):
        nobody[lane] = -1.0
    _choose(n, weights, capability, nobody, shocks[_CHALLENGER_DRAW], crisis[CHALLENGER], room)


@stage
def _distances(point, world, state, distance, room):
    """|x_i - x_state| of every state i."""
    n = point.n_states
    world, state, distance, room = laned(world), laned(state), laned(distance), laned(room)
    lanes = state.shape[0]
    origin = room[FIRST]
    for i in range(n):
        for lane in range(lanes):
            distance[i, lane] = 0.0
    for d in range(point.dimensions):
        for lane in range(lanes):
            origin[lane] = world[INTEREST + d, int(state[lane]), lane]
        for i in range(n):
            for lane in range(lanes):
                gap = world[INTEREST + d, i, lane] - origin[lane]
                distance[i, lane] += gap * gap
    for i in range(n):
        for lane in range(lanes):
            distance[i, lane] = math.sqrt(distance[i, lane])


@stage
def _reach(point, decay, world, state, reach):
    """e^{-λ D} between every state and `state`: what is left of power at that distance."""
    n = point.n_states
    state, reach = laned(state), laned(reach)
    lanes = state.shape[0]
    loss = point.loss_of_strength
    if loss == 0.0:
        for i in range(n):
            for lane in range(lanes):
                reach[i, lane] = 1.0
    elif point.layout == _PLANE:
        for i in range(n):
            for lane in range(lanes):
                there = int(state[lane])
                across = world[POSITION, i, lane] - world[POSITION, there, lane]
                up = world[POSITION + 1, i, lane] - world[POSITION + 1, there, lane]
                reach[i, lane] = exp(-loss * math.sqrt(across * across + up * up))
    else:
        for i in range(n):
            for lane in range(lanes):
                reach[i, lane] = decay[i, int(state[lane])]


@stage
def _weigh_targets(n, floor, challenger, distance, reach, capability, apart, weights):
    """(floor + g(d)) e^{-λ D} of every living state but the challenger; g(d) goes to `apart`."""
    challenger, distance, reach, capability = laned(challenger), laned(distance), laned(reach), laned(capability)
    apart, weights = laned(apart), laned(weights)
    for i in range(n):
        for lane in range(challenger.shape[0]):
            gap = saturate(distance[i, lane])
            weight = (floor + gap) * reach[i, lane]
            weight = weight if capability[i, lane] > 0.0 else 0.0
            apart[i, lane] = gap
            weights[i, lane] = 0.0 if i == challenger[lane] else weight


@stage
def choose_target(point, world, shocks, decay, capability, crisis, scratch, room):
    """The target: the further in interests from the challenger and the nearer in space, the likelier.

    Leaves every state's distance in interests to the challenger, d, in scratch[THIRD] and g(d) in scratch[FOURTH].
    """
    n = point.n_states
    weights, reach, distance, apart = scratch[FIRST], scratch[SECOND], scratch[THIRD], scratch[FOURTH]
    _distances(point, world, crisis[CHALLENGER], distance, room)
    _reach(point, decay, world, crisis[CHALLENGER], reach)
    _weigh_targets(n, point.onset_floor, crisis[CHALLENGER], distance, reach, capability, apart, weights)
    _choose(n, weights, capability, crisis[CHALLENGER], shocks[_TARGET_DRAW], crisis[TARGET], room)
    for lane in range(crisis.shape[1]):
        if crisis[TARGET, lane] < 0.0:  # nobody left to challenge: the history is over, what follows is not counted
            crisis[TARGET, lane] = (int(crisis[CHALLENGER, lane]) + 1) % n


@stage
def set_stage(point, world, shocks, decay, capability, crisis, scratch, room):
    """Stake, status quo, costs and error of assessment; the parties' power at the target's theatre.

    Reads what `choose_target` left in scratch[FOURTH]; leaves effective capability in scratch[FIRST] and the distances
    to the target in scratch[SECOND].
    """
    n = point.n_states
    world, shocks, capability, crisis = laned(world), laned(shocks), laned(capability), laned(crisis)
    scratch = laned(scratch)
    lanes = crisis.shape[1]
    power, target_distance, apart = scratch[FIRST], scratch[SECOND], scratch[FOURTH]
    stake_floor, war_cost, m = point.stake_floor, point.war_cost, point.decisiveness
    revisionism, misperception = point.revisionism, point.misperception
    spoils, hegemony = point.spoils, point.hegemony
    _reach(point, decay, world, crisis[TARGET], power)
    for i in range(n):
        for lane in range(lanes):
            power[i, lane] *= capability[i, lane]
    _distances(point, world, crisis[TARGET], target_distance, room)
    for lane in range(lanes):
        a, b = int(crisis[CHALLENGER, lane]), int(crisis[TARGET, lane])
        crisis[STAKE, lane] = apart[b, lane]
        crisis[CHALLENGER_POWER, lane] = power[a, lane]
        crisis[TARGET_POWER, lane] = power[b, lane]
        crisis[CHALLENGER_GREAT, lane] = world[GREAT_POWER, a, lane]
        crisis[TARGET_MEMBER, lane] = world[MEMBER, b, lane]
        crisis[HEGEMONY, lane] = capability[a, lane] + spoils * capability[b, lane] - hegemony
    for lane in range(lanes):
        stake = stake_floor + (1.0 - stake_floor) * crisis[STAKE, lane]
        cost_range = war_cost / stake
        balance = contest(crisis[CHALLENGER_POWER, lane], crisis[TARGET_POWER, lane], m)
        share = balance + revisionism * shocks[_STATUS_QUO_ERROR, lane]
        crisis[STAKE, lane] = stake
        crisis[COST_RANGE, lane] = cost_range
        crisis[CHALLENGER_COST, lane] = cost_range * shocks[_CHALLENGER_COST_DRAW, lane]
        crisis[TARGET_COST, lane] = cost_range * shocks[_TARGET_COST_DRAW, lane]
        crisis[MISPERCEPTION, lane] = m * misperception * shocks[_MISPERCEPTION_ERROR, lane]
        crisis[STATUS_QUO, lane] = min(max(share, 0.0), 1.0)
        crisis[HEGEMONY, lane] = max(0.0, crisis[HEGEMONY, lane]) / (1.0 - hegemony)
