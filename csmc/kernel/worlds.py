"""docs/model.md, initialisation and step 1: the start of a history; drift of interests, growth of capability."""

import math
from typing import NamedTuple

import numpy as np

from csmc._jit import stage
from csmc.kernel.codes import STRIDE, Distribution, Layout, Purpose
from csmc.kernel.draws import fill_normals, fill_uniforms
from csmc.kernel.lanes import (
    BASE,
    CAPABILITY,
    DEVIATION,
    FIRST,
    GREAT_POWER,
    INTEREST,
    MEMBER,
    POSITION,
    SECOND,
    laned,
)
from csmc.kernel.mathematics import exp, log

#: Attempts of the Gamma sampler; the last is accepted.
GAMMA_ATTEMPTS = 16

# numba compiles a function anew for every literal argument: typed constants keep one version of each
_START = np.int64(0)
_FIRST_INDEX = np.int64(0)
_EQUAL = int(Distribution.EQUAL)
_LOGNORMAL = int(Distribution.LOGNORMAL)
_PARETO = int(Distribution.PARETO)
_DIRICHLET = int(Distribution.DIRICHLET)
_PLANE = int(Layout.PLANE)
_CAPABILITY_NORMAL = np.int64(Purpose.CAPABILITY_NORMAL)
_CAPABILITY_UNIFORM = np.int64(Purpose.CAPABILITY_UNIFORM)
_GAMMA_NORMAL = np.int64(Purpose.GAMMA_NORMAL)
_GAMMA_UNIFORM = np.int64(Purpose.GAMMA_UNIFORM)
_BASE_INTEREST = np.int64(Purpose.BASE_INTEREST)
_BLOC = np.int64(Purpose.BLOC)
_POSITION = np.int64(Purpose.POSITION)
_MEMBERSHIP = np.int64(Purpose.MEMBERSHIP)
_INTEREST_SHOCK = np.int64(Purpose.INTEREST_SHOCK)
_GROWTH = np.int64(Purpose.GROWTH)


class System(NamedTuple):
    """A given system of states: the tables of a real one, or zeros and -1 where nothing is given."""

    capability: np.ndarray  # (state,) > 0; used by distribution `table`
    ideal_points: np.ndarray  # (dimension, state)
    great_power: np.ndarray  # (state,) int64 flag, -1: by size
    member: np.ndarray  # (state,) int64 flag, -1: drawn


@stage
def start(point, system, replicate, keys, world, scratch, room):
    """Draw the start of a history in every lane."""
    n = point.n_states
    _draw_capability(point, system.capability, replicate, keys, world[CAPABILITY], scratch)
    normalise(world[CAPABILITY], n, room[FIRST])
    _name_great_powers(point, system.great_power, world[CAPABILITY], world[GREAT_POWER], room)
    _draw_members(point, system.member, replicate, keys, world[GREAT_POWER], world[MEMBER], scratch[FIRST])
    _draw_base_interests(point, system.ideal_points, replicate, keys, world, scratch[FIRST])
    if point.layout == _PLANE:
        for axis in range(2):
            fill_uniforms(world[POSITION + axis], n, replicate, _START, _POSITION, axis * STRIDE, keys)


@stage
def normalise(capability, n, total):
    """Make capabilities shares of their sum."""
    capability, total = laned(capability), laned(total)
    lanes = total.shape[0]
    for lane in range(lanes):
        total[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            total[lane] += capability[i, lane]
    for lane in range(lanes):
        total[lane] = 1.0 / total[lane]
    for i in range(n):
        for lane in range(lanes):
            capability[i, lane] *= total[lane]


@stage
def _draw_capability(point, table, replicate, keys, capability, scratch):
    """Unnormalised capabilities by the distribution of the point."""
    n = point.n_states
    lanes = replicate.shape[0]
    distribution = point.capability_distribution
    if distribution == _EQUAL:
        for i in range(n):
            for lane in range(lanes):
                capability[i, lane] = 1.0
    elif distribution == _LOGNORMAL:
        sigma = point.capability_sigma
        fill_normals(capability, n, replicate, _START, _CAPABILITY_NORMAL, _FIRST_INDEX, keys)
        for i in range(n):
            for lane in range(lanes):
                capability[i, lane] = exp(sigma * capability[i, lane])
    elif distribution == _PARETO:
        power = -1.0 / point.capability_alpha
        fill_uniforms(capability, n, replicate, _START, _CAPABILITY_UNIFORM, _FIRST_INDEX, keys)
        for i in range(n):
            for lane in range(lanes):
                capability[i, lane] = exp(power * log(capability[i, lane]))
    elif distribution == _DIRICHLET:
        _draw_gamma(point.capability_concentration, n, replicate, keys, capability, scratch)
    else:
        noise = point.capability_noise
        fill_normals(capability, n, replicate, _START, _CAPABILITY_NORMAL, _FIRST_INDEX, keys)
        for i in range(n):
            for lane in range(lanes):
                capability[i, lane] = table[i] * exp(noise * capability[i, lane])


@stage
def _draw_gamma(concentration, n, replicate, keys, gamma, scratch):
    """Gamma(concentration) variates (Marsaglia and Tsang 2000), boosted by u**(1/concentration) below 1.

    Every attempt has its own addressed draws, so a bounded number of draws is enough: the last attempt is accepted
    (and takes the mode's v = 1 in the one case in 10**20 or so where v is not positive).
    """
    lanes = replicate.shape[0]
    boosted = concentration < 1.0
    shape = concentration + 1.0 if boosted else concentration
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    normals, uniforms = scratch[FIRST], scratch[SECOND]
    for i in range(n):
        for lane in range(lanes):
            gamma[i, lane] = -1.0
    for attempt in range(GAMMA_ATTEMPTS):
        last = attempt == GAMMA_ATTEMPTS - 1
        fill_normals(normals, n, replicate, _START, _GAMMA_NORMAL, attempt * STRIDE, keys)
        fill_uniforms(uniforms, n, replicate, _START, _GAMMA_UNIFORM, attempt * STRIDE, keys)
        missing = 0
        for i in range(n):
            for lane in range(lanes):
                x = normals[i, lane]
                root = 1.0 + c * x
                v = root * root * root
                positive = v if v > 0.0 else 1.0
                accepted = v > 0.0 and log(uniforms[i, lane]) < 0.5 * x * x + d - d * positive + d * log(positive)
                if gamma[i, lane] < 0.0:
                    if accepted or last:
                        gamma[i, lane] = d * positive
                    else:
                        missing += 1
        if missing == 0:
            break
    if boosted:
        power = 1.0 / concentration
        fill_uniforms(uniforms, n, replicate, _START, _CAPABILITY_UNIFORM, _FIRST_INDEX, keys)
        for i in range(n):
            for lane in range(lanes):
                gamma[i, lane] *= exp(power * log(uniforms[i, lane]))


@stage
def _name_great_powers(point, flags, capability, great_power, room):
    """The flagged states, or the states with the largest capability, ties to the lower index."""
    n = point.n_states
    capability, great_power, room = laned(capability), laned(great_power), laned(room)
    lanes = capability.shape[1]
    largest, holder = room[FIRST], room[SECOND]
    for i in range(n):
        for lane in range(lanes):
            great_power[i, lane] = 0.0
    for _ in range(min(point.great_powers, n)):  # name the largest of those not named yet
        for lane in range(lanes):
            largest[lane] = -1.0
            holder[lane] = -1.0
        for i in range(n):
            for lane in range(lanes):
                share, so_far, by = capability[i, lane], largest[lane], holder[lane]
                larger = great_power[i, lane] == 0.0 and share > so_far
                largest[lane] = share if larger else so_far
                holder[lane] = i if larger else by
        for i in range(n):
            for lane in range(lanes):
                named = great_power[i, lane]
                great_power[i, lane] = 1.0 if holder[lane] == i else named
    for i in range(n):
        if flags[i] >= 0:
            for lane in range(lanes):
                great_power[i, lane] = float(flags[i])


@stage
def _draw_members(point, flags, replicate, keys, great_power, member, uniforms):
    """The flagged states, or each state with the probability of its group."""
    n = point.n_states
    lanes = replicate.shape[0]
    others, great_powers = point.members, point.great_power_members
    universal = others == 1.0 and great_powers == 1.0
    if not universal:
        fill_uniforms(uniforms, n, replicate, _START, _MEMBERSHIP, _FIRST_INDEX, keys)
    for i in range(n):
        if flags[i] >= 0 or universal:
            for lane in range(lanes):
                member[i, lane] = 0.0 if flags[i] == 0 else 1.0
        else:
            for lane in range(lanes):
                probability = great_powers if great_power[i, lane] > 0.0 else others
                member[i, lane] = 1.0 if uniforms[i, lane] < probability else 0.0


@stage
def _draw_base_interests(point, table, replicate, keys, world, uniforms):
    """Lasting ideal points: divergence around the table's (or the origin), plus the bloc's side on the first axis."""
    n = point.n_states
    world, uniforms = laned(world), laned(uniforms)
    lanes = replicate.shape[0]
    divergence, half = point.divergence, 0.5 * point.polarization
    for d in range(point.dimensions):
        base = world[BASE + d]
        fill_normals(base, n, replicate, _START, _BASE_INTEREST, d * STRIDE, keys)
        for i in range(n):
            for lane in range(lanes):
                base[i, lane] = divergence * base[i, lane] + table[d, i]
    if half > 0.0:
        fill_uniforms(uniforms, n, replicate, _START, _BLOC, _FIRST_INDEX, keys)
        for i in range(n):
            for lane in range(lanes):
                world[BASE, i, lane] += half if uniforms[i, lane] < 0.5 else -half


@stage
def drift_interests(point, episode, replicate, keys, world, shocks):
    """y ← φ y + σ_x √(1-φ²) ε (stationary from the first episode on) and x = μ + y."""
    persistence = point.persistence if episode > 0 else 0.0
    spread = point.volatility * math.sqrt(1.0 - persistence * persistence)
    for d in range(point.dimensions):
        fill_normals(shocks, point.n_states, replicate, episode, _INTEREST_SHOCK, d * STRIDE, keys)
        _drift(point.n_states, persistence, spread, shocks, world[BASE + d], world[DEVIATION + d], world[INTEREST + d])


@stage
def _drift(n, persistence, spread, shocks, base, deviation, interest):
    """One dimension of the drift."""
    shocks, base, deviation, interest = laned(shocks), laned(base), laned(deviation), laned(interest)
    for i in range(n):
        for lane in range(shocks.shape[1]):
            passing = persistence * deviation[i, lane] + spread * shocks[i, lane]
            deviation[i, lane] = passing
            interest[i, lane] = base[i, lane] + passing


@stage
def draw_growth(point, episode, replicate, keys, growth):
    """Each state's factor of growth, e^{σ_g ε}."""
    n = point.n_states
    growth = laned(growth)
    spread = point.growth
    fill_normals(growth, n, replicate, episode, _GROWTH, _FIRST_INDEX, keys)
    for i in range(n):
        for lane in range(replicate.shape[0]):
            growth[i, lane] = exp(spread * growth[i, lane])


@stage
def grow(n, growth, capability, total):
    """Apply growth to an institution's course of the history and renormalise; the dead stay dead."""
    growth, capability = laned(growth), laned(capability)
    for i in range(n):
        for lane in range(capability.shape[1]):
            capability[i, lane] *= growth[i, lane]
    normalise(capability, n, total)


@stage
def mark_active(n, capability, active):
    """1 in the lanes whose history goes on: at least two living states."""
    capability, active = laned(capability), laned(active)
    for lane in range(active.shape[0]):
        active[lane] = 0.0
    for i in range(n):
        for lane in range(active.shape[0]):
            active[lane] += 1.0 if capability[i, lane] > 0.0 else 0.0
    for lane in range(active.shape[0]):
        active[lane] = 1.0 if active[lane] >= 2.0 else 0.0
