"""Blocks of replicates x all institutions of a point -> exact tallies: the stages, in the order of the model."""

import numpy as np

from csmc._jit import compiled, stage
from csmc.kernel import (
    aftermath,
    bargaining,
    controls,
    council,
    enforcement,
    onset,
    response,
    tallies,
    tracing,
    utilities,
    worlds,
)
from csmc.kernel.codes import N_CONTROLS, N_TALLIES, Assessment, CrisisDraw, Layout, Purpose, Seating
from csmc.kernel.draws import fill_normals, fill_uniforms
from csmc.kernel.lanes import (
    ASSESSMENT,
    CAPABILITY,
    FIRST,
    GROWTH,
    JOINING_COST,
    OUTCOME,
    PADDING,
    SEAT_DRAW,
    THIRD,
    aligned,
    laned,
    new_arrays,
)
from csmc.kernel.mathematics import exp
from csmc.kernel.result import N_FATES

_FIRST_INDEX = np.int64(0)
_PLANE = int(Layout.PLANE)
_NO_COUNCIL = int(Seating.NO_COUNCIL)
_NUMBER = int(Seating.NUMBER)
_CRISIS = np.int64(Purpose.CRISIS)
_ASSESS = np.int64(Purpose.ASSESSMENT)
_COST = np.int64(Purpose.COST)
_SEAT = np.int64(Purpose.SEAT)
_CRISIS_DRAWS = np.int64(len(CrisisDraw))
_ASSESSMENTS = np.int64(len(Assessment))


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
def _draw_shocks(point, elects, episode, replicate, keys, world, shocks):
    """The draws of an episode that every institution shares."""
    n = point.n_states
    spread, level = point.cost_heterogeneity, point.joining_cost
    fill_uniforms(shocks, _CRISIS_DRAWS, replicate, episode, _CRISIS, _FIRST_INDEX, keys)
    fill_normals(shocks[ASSESSMENT:], _ASSESSMENTS, replicate, episode, _ASSESS, _FIRST_INDEX, keys)
    joining_cost = laned(world[JOINING_COST])
    fill_normals(joining_cost, n, replicate, episode, _COST, _FIRST_INDEX, keys)
    for i in range(n):
        for lane in range(joining_cost.shape[1]):
            joining_cost[i, lane] = level * exp(spread * joining_cost[i, lane])
    if elects:
        fill_uniforms(world[SEAT_DRAW], n, replicate, episode, _SEAT, _FIRST_INDEX, keys)


@stage
def _elects(institutions, n):
    """Whether any council has fewer seats than there are states."""
    for k in range(institutions.shape[0]):
        if institutions[k].seating == _NUMBER and institutions[k].seats < n:
            return True
    return False


@stage
def _begin(point, institution, start, capability, trust, legitimacy, counts, shares):
    """An institution's course of the histories at their start, nothing counted."""
    for i in range(start.shape[0]):
        for lane in range(trust.shape[0]):
            capability[i, lane] = start[i, lane]
    for lane in range(trust.shape[0]):
        trust[lane] = point.trust
        legitimacy[lane] = institution.legitimacy
    for row in range(counts.shape[0]):
        for lane in range(trust.shape[0]):
            counts[row, lane] = 0
    for row in range(shares.shape[0]):
        for lane in range(trust.shape[0]):
            shares[row, lane] = 0.0


@compiled
def tally_block(
    points, capability_table, ideal_points, distance, great_power_flags, member_flags, institutions_of_points,
    keys_of_points, firsts, replicates, lanes, scales, own_pairs, cross_pairs, compared, partners, followed, group,
    sums, own_high, own_low, cross_high, cross_low, joint, patterns, fate_high, fate_low, traced, first_traced,
):  # fmt: skip
    """Simulate a block of replicates of each point under every institution and add their tallies.

    `points` are records of design points that share a system and a number of states. Replicates
    firsts[i] .. firsts[i] + replicates[i] - 1 of point i are drawn by keys_of_points[i] (see `csmc.kernel.draws`),
    played under institutions_of_points[i] and added to sums[i], own_high[i] and so on. They are numbered as by
    `csmc.kernel.codes.numbered`; if there are pairs or fates, they and `lanes` are whole groups of `group` replicates.
    Batches of `lanes` replicates (LANES, unless this runs as plain Python) pass through each stage together; their
    number never shows in a result. The episodes from `first_traced` on are copied to the Trace `traced`, as many as it
    has room for (of one batch of one point: with room for any, replicates[0] must not exceed `lanes`).
    """
    n = points[0].n_states
    n_institutions = institutions_of_points.shape[1]
    # where the moments of single replicates begin: those of groups, if these are more, come first
    own_singles = own_high.shape[2] - own_pairs.shape[0]
    cross_singles = cross_high.shape[3] - cross_pairs.shape[0]
    system = worlds.System(capability_table, ideal_points, great_power_flags, member_flags)
    world, shocks, crisis, thirds, survivors, survivor_thirds, decisions, scratch, room = new_arrays(n, lanes)
    capability = aligned((n_institutions, world.shape[1], lanes))
    trust = aligned((n_institutions, lanes))
    legitimacy = aligned((n_institutions, lanes))
    active = aligned((lanes,))
    outcomes = np.zeros((n_institutions, lanes), dtype=np.int32)
    counts = np.zeros((n_institutions, sums.shape[2], lanes), dtype=np.int32)
    shares = aligned((n_institutions, tallies.N_SHARES, lanes))
    controlled = sums.shape[2] > N_TALLIES
    controlling = aligned((n_institutions if controlled else 0, N_CONTROLS, lanes))
    fates = np.zeros((followed.shape[0], N_FATES, lanes), dtype=np.int32)
    replicate = np.zeros(lanes, dtype=np.int64)
    chosen = np.zeros(lanes, dtype=np.int64)
    survivor_replicate = np.zeros(lanes, dtype=np.int64)

    for block in range(points.shape[0]):
        point, institutions = points[block], institutions_of_points[block]
        keys, scale, elects = keys_of_points[block], scales[block], _elects(institutions, n)
        decay = _decay_matrix(point, distance)
        for batch in range((replicates[block] + lanes - 1) // lanes):
            done = batch * lanes
            counted = min(lanes, replicates[block] - done)
            for lane in range(lanes):
                replicate[lane] = firsts[block] + done + lane
            worlds.start(point, system, replicate, keys, world, scratch, room)
            for k in range(n_institutions):
                _begin(
                    point, institutions[k], world[CAPABILITY],
                    capability[k], trust[k], legitimacy[k], counts[k], shares[k],
                )  # fmt: skip
            for episode in range(point.episodes):
                worlds.drift_interests(point, episode, replicate, keys, world, scratch[FIRST])
                if episode > 0:
                    worlds.draw_growth(point, episode, replicate, keys, world[GROWTH])
                _draw_shocks(point, elects, episode, replicate, keys, world, shocks)
                row = episode - first_traced
                seated = -1  # the institution whose council sits
                traces = 0 <= row < traced.world.shape[0]
                for k in range(n_institutions):
                    institution = institutions[k]
                    if episode > 0:
                        worlds.grow(n, world[GROWTH], capability[k], room[FIRST])
                    if episode > 0 or k == 0:  # in the first episode all institutions face the same crisis
                        worlds.mark_active(n, capability[k], active)
                        onset.choose_challenger(point, world, shocks, capability[k], crisis, scratch, room)
                        onset.choose_target(point, world, shocks, decay, capability[k], crisis, scratch, room)
                        onset.set_stage(point, world, shocks, decay, capability[k], crisis, scratch, room)
                        utilities.describe_third_parties(point, world, capability[k], crisis, thirds, scratch)
                    utilities.weigh(point, institution, crisis, thirds, legitimacy[k])
                    if institution.seating != _NO_COUNCIL:
                        if episode > 0 or seated < 0 or not council.seat_alike(institution, institutions[seated]):
                            council.take_seats(point, institution, world, capability[k], scratch, room)
                            seated = k
                        council.convene(point, institution, crisis, thirds, scratch, room)
                    council.expect_mandates(point, institution, crisis, thirds, scratch, room)
                    response.expect_response(point, institution, crisis, thirds, trust[k], room)
                    response.expect_pressure(point, institution, crisis, thirds, room)
                    bargaining.negotiate(point, institution, shocks, legitimacy[k], crisis)
                    if traces or controlled:
                        bargaining.describe_demand(point, institution, shocks, legitimacy[k], crisis)
                    if controlled:
                        controls.add_episode(institution, shocks, legitimacy[k], active, crisis, controlling[k])
                    if traces:
                        tracing.trace_expectations(
                            traced, k, row, world, shocks, capability[k], active, crisis, thirds, scratch[THIRD]
                        )
                    tallies.record_bargains(crisis, active, outcomes[k], counts[k], shares[k])
                    aftermath.remember_backdowns(point, crisis[OUTCOME], active, legitimacy[k])
                    n_survivors = enforcement.select_survivors(crisis[OUTCOME], active, counted, chosen)
                    if n_survivors > 0:
                        padded = min((n_survivors + PADDING - 1) // PADDING * PADDING, lanes)
                        enforcement.gather(
                            chosen[:n_survivors], padded, replicate, crisis, thirds, survivor_replicate, survivors,
                            survivor_thirds,
                        )  # fmt: skip
                        enforcement.enforce(
                            point, institution, episode, keys, survivor_replicate[:padded], survivors, survivor_thirds,
                            decisions, scratch, room,
                        )  # fmt: skip
                        if traces:
                            tracing.trace_response(traced, k, row, chosen[:n_survivors], survivors, decisions)
                        tallies.record_responses(chosen[:n_survivors], survivors, outcomes[k], counts[k], shares[k])
                        aftermath.remember_responses(
                            point,
                            chosen[:n_survivors],
                            survivors,
                            survivor_thirds,
                            capability[k],
                            trust[k],
                            legitimacy[k],
                        )
                    if traces:
                        tracing.trace_aftermath(traced, k, row, outcomes[k], capability[k], trust[k], legitimacy[k])
                    tallies.record_outcomes(episode, outcomes[k], counts[k])
                tallies.add_joint(outcomes, partners, counted, joint[block])
                tallies.follow_wars(outcomes, followed, counted, fates)
                if patterns.shape[1]:
                    tallies.add_patterns(outcomes, counted, patterns[block])
            for k in range(n_institutions):
                tallies.record_ends(point, scale, capability[k], trust[k], legitimacy[k], counts[k], shares[k], room)
                if controlled:
                    controls.record(scale, controlling[k], counts[k])
                tallies.drop(counts[k], counted)
                tallies.add_sums(counts[k], sums[block, k])
            for k in range(n_institutions):
                own = counts[k]
                tallies.add_products(
                    own, own, own_pairs, point.episodes, scale,
                    own_high[block, k, own_singles:], own_low[block, k, own_singles:],
                )  # fmt: skip
                for p in range(compared.shape[0]):
                    tallies.add_products(
                        own, counts[compared[p]], cross_pairs, point.episodes, scale,
                        cross_high[block, k, p, cross_singles:], cross_low[block, k, p, cross_singles:],
                    )  # fmt: skip
            if group == 1:
                tallies.add_fates(fates, followed, counts, point.episodes, scale, fate_high[block], fate_low[block])
            else:
                for k in range(n_institutions):
                    tallies.fold(counts[k], group)
                for k in range(n_institutions):
                    own = counts[k]
                    tallies.add_group_products(own, own, own_pairs, own_high[block, k], own_low[block, k])
                    for p in range(compared.shape[0]):
                        tallies.add_group_products(
                            own, counts[compared[p]], cross_pairs, cross_high[block, k, p], cross_low[block, k, p]
                        )
                tallies.add_group_fates(fates, followed, counts, group, fate_high[block], fate_low[block])
