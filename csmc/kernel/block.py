"""A block of replicates x all institutions of one design point -> exact tallies. The stages, in the order of the model."""

import numpy as np

from csmc._jit import compiled, stage
from csmc.kernel import aftermath, bargaining, council, enforcement, onset, response, tallies, utilities, worlds
from csmc.kernel.codes import N_TALLIES, Layout, Purpose, Seating
from csmc.kernel.draws import fill_normals, fill_uniforms
from csmc.kernel.lanes import new_crisis, new_scratch, new_world
from csmc.kernel.mathematics import exp

_PLANE = int(Layout.PLANE)
_NO_COUNCIL = int(Seating.NO_COUNCIL)
_NUMBER = int(Seating.NUMBER)
_CRISIS = int(Purpose.CRISIS)
_ASSESSMENT = int(Purpose.ASSESSMENT)
_COST = int(Purpose.COST)
_SEAT = int(Purpose.SEAT)


@stage
def _decay_matrix(point, distance):
    """e^{-λ D} for every pair of states; not used for layout `plane`, whose distances are drawn."""
    n = point.n_states
    decay = np.ones((n, n))
    if point.layout != _PLANE and point.loss_of_strength > 0.0:
        for i in range(n):
            for j in range(n):
                decay[i, j] = exp(-point.loss_of_strength * distance[i, j])
    return decay


@stage
def _draw_shocks(point, elects, episode, replicate, seed, world):
    """The draws of an episode that every institution shares."""
    n = point.n_states
    spread, level = point.cost_heterogeneity, point.joining_cost
    fill_uniforms(world.crisis_draw, 6, replicate, episode, _CRISIS, 0, seed)
    fill_normals(world.assessment, 2, replicate, episode, _ASSESSMENT, 0, seed)
    fill_normals(world.joining_cost, n, replicate, episode, _COST, 0, seed)
    for i in range(n):
        for lane in range(replicate.shape[0]):
            world.joining_cost[i, lane] = level * exp(spread * world.joining_cost[i, lane])
    if elects:
        fill_uniforms(world.seat_draw, n, replicate, episode, _SEAT, 0, seed)


@stage
def _open_crisis(point, world, decay, capability, crisis, scratch):
    """Steps 2 to 4 as far as they do not depend on the institution."""
    onset.choose_challenger(point, world, capability, crisis.challenger, scratch)
    onset.choose_target(point, world, decay, capability, crisis.challenger, crisis.target, scratch)
    onset.set_stage(point, world, decay, capability, crisis, scratch)
    utilities.describe_third_parties(point, world, capability, crisis, scratch)


@compiled
def tally_block(
    points, capability_table, ideal_points, distance, great_power_flags, member_flags, institutions,
    seed, first, count, lanes, scales, own_pairs, cross_pairs, reference, partners,
    sums, own_high, own_low, cross_high, cross_low, joint, patterns,
):  # fmt: skip
    """Simulate replicates first..first+count-1 of one point under every institution and add their tallies.

    `points` is a record array of one element. Batches of `lanes` replicates pass through each stage together; the
    number of lanes never shows in a result.
    """
    point = points[0]
    n = point.n_states
    n_institutions = institutions.shape[0]
    system = worlds.System(capability_table, ideal_points, great_power_flags, member_flags)
    decay = _decay_matrix(point, distance)
    world, crisis, scratch = new_world(n, lanes), new_crisis(n, lanes), new_scratch(n, lanes)
    leanings = utilities.new_utilities(n, lanes)
    assembly = council.new_council(n, lanes)
    expected = response.new_response(n, lanes)
    bargain = bargaining.new_bargain(lanes)
    survivors = enforcement.new_confrontation(n, lanes)
    rows = world.capability.shape[0]
    capability = np.zeros((n_institutions, rows, lanes))
    trust = np.zeros((n_institutions, lanes))
    legitimacy = np.zeros((n_institutions, lanes))
    active = np.zeros(lanes)
    outcomes = np.zeros((n_institutions, lanes), dtype=np.int64)
    running = np.zeros((n_institutions, N_TALLIES, lanes))
    integers = np.zeros((n_institutions, N_TALLIES, lanes), dtype=np.int32)
    replicate = np.zeros(lanes, dtype=np.int64)
    elects = False
    for k in range(n_institutions):
        elects = elects or (institutions[k].seating == _NUMBER and institutions[k].seats < n)

    for batch in range((count + lanes - 1) // lanes):
        done = batch * lanes
        counted = min(lanes, count - done)
        for lane in range(lanes):
            replicate[lane] = first + done + lane
        worlds.start(point, system, replicate, seed, world, scratch)
        for k in range(n_institutions):
            capability[k] = world.capability
            trust[k] = point.trust
            legitimacy[k] = institutions[k].legitimacy
            tallies.clear(running[k])
        for episode in range(point.episodes):
            worlds.drift_interests(point, episode, replicate, seed, world, scratch)
            if episode > 0:
                worlds.draw_growth(point, episode, replicate, seed, world.growth)
            _draw_shocks(point, elects, episode, replicate, seed, world)
            for k in range(n_institutions):
                institution = institutions[k]
                if episode > 0:
                    worlds.grow(n, world.growth, capability[k], scratch.total)
                if episode > 0 or k == 0:  # in the first episode all institutions face the same crisis
                    worlds.mark_active(n, capability[k], active)
                    _open_crisis(point, world, decay, capability[k], crisis, scratch)
                utilities.weigh(point, institution, crisis, legitimacy[k], leanings)
                if institution.seating != _NO_COUNCIL:
                    council.convene(point, institution, world, capability[k], crisis, assembly, scratch)
                council.expect_mandates(point, institution, crisis, leanings, assembly, scratch)
                response.expect_response(
                    point, institution, crisis, leanings, assembly.mandate, trust[k], expected, scratch
                )
                response.expect_pressure(point, institution, crisis, leanings, assembly.mandate, expected, scratch)
                bargaining.negotiate(
                    point, institution, crisis, expected, legitimacy[k], world.crisis_draw, bargain
                )
                tallies.record_bargains(bargain, active, outcomes[k], running[k])
                aftermath.remember_backdowns(point, bargain, active, legitimacy[k])
                n_survivors, padded = enforcement.select_survivors(bargain, active, survivors)
                if n_survivors > 0:
                    enforcement.gather(
                        n - 2, padded, replicate, crisis, leanings, assembly, expected, bargain,
                        world.crisis_draw, survivors,
                    )  # fmt: skip
                    enforcement.enforce(point, institution, episode, seed, padded, survivors)
                    tallies.record_responses(n_survivors, crisis, survivors, outcomes[k], running[k])
                    aftermath.remember_responses(
                        point, crisis, n_survivors, survivors, capability[k], trust[k], legitimacy[k]
                    )
                tallies.record_outcomes(episode, outcomes[k], running[k])
            tallies.add_joint(outcomes, partners, counted, joint)
            tallies.add_patterns(outcomes, counted, patterns)
        for k in range(n_institutions):
            tallies.record_ends(point, capability[k], trust[k], legitimacy[k], running[k], scratch)
            tallies.quantise(running[k], scales, integers[k])
            tallies.add_sums(integers[k], counted, sums[k])
        for k in range(n_institutions):
            tallies.add_products(integers[k], integers[k], own_pairs, counted, own_high[k], own_low[k])
            tallies.add_products(
                integers[k], integers[reference], cross_pairs, counted, cross_high[k], cross_low[k]
            )
