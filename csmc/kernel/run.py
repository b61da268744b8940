"""The door to the compiled kernel: checks its limits, packs arguments for one signature, returns tallies or a trace."""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from csmc._jit import INTERPRETED, is_compiled_on_disk
from csmc.kernel.block import tally_block
from csmc.kernel.codes import CHAINED, LINK_BITS, NUMBER_BITS, STRIDE, Replication, group_size
from csmc.kernel.lanes import LANES, MOST_LANES
from csmc.kernel.result import Plan, Tallies, carry, empty_tallies
from csmc.kernel.tallies import tally_scales
from csmc.kernel.tracing import NO_TRACE, Trace, crisis_trace, empty_trace


class SystemTables(Protocol):
    """What the kernel reads of a system of n states."""

    @property
    def capability(self) -> NDArray[np.float64]:
        """(n,) relative capability, > 0; used by distribution `table`."""

    @property
    def ideal_points(self) -> NDArray[np.float64]:
        """(3, n) added to the drawn base ideal points."""

    @property
    def distance(self) -> NDArray[np.float64]:
        """(n, n) distances; not used by layout `plane`, whose distances are drawn."""

    @property
    def great_power(self) -> NDArray[np.int64]:
        """(n,) 1 or 0; -1: by size."""

    @property
    def member(self) -> NDArray[np.int64]:
        """(n,) 1 or 0; -1: drawn."""


def tally(
    point: np.recarray[Any, Any],
    system: SystemTables,
    institutions: np.recarray[Any, Any],
    seed: int,
    first: int,
    count: int,
    plan: Plan,
) -> Tallies:
    """Simulate replicates `first` .. `first + count - 1` of one design point under every institution.

    Parameters
    ----------
    point
        (1,) record of `csmc.parameters.POINT_DTYPE`.
    system
        The system's tables.
    institutions
        (K,) records of `csmc.institutions.INSTITUTION_DTYPE`.
    seed
        0 <= seed < 2**64, the key of all draws.
    first, count
        Range of replicates; a replicate's draws depend on its number (`csmc.kernel.codes.numbered`) alone.
    plan
        Which second moments, joint tables and war patterns to count.

    Returns
    -------
    Exact sums over the replicates, see `Tallies`; those of disjoint ranges may be added in any order.

    Raises
    ------
    ValueError
        More states than the addresses of the draws allow, or second moments of groups that are not whole.
    """
    blocks = Blocks(np.array([seed], dtype=np.uint64), np.array([first]), np.array([count]))
    return Tallies(*(field[0] for field in tally_points(point, system, institutions[None], blocks, plan)))


class Blocks(NamedTuple):
    """Which replicates of some points to simulate, (point,) each: seeds, first replicates and numbers of them."""

    seeds: NDArray[np.uint64]
    firsts: NDArray[np.int64]
    counts: NDArray[np.int64]


def tally_points(
    points: NDArray[Any],
    system: SystemTables,
    institutions: NDArray[Any],
    blocks: Blocks,
    plan: Plan,
) -> Tallies:
    """As `tally`, of a block of replicates of each of several points that share a system.

    `points` (point,) and `institutions` (point, K) are records; the tallies have the point as their first axis. What a
    call costs beside the simulation does not depend on how many points there are.

    Raises
    ------
    ValueError
        A number of states that the addresses of the draws do not allow, or that is not that of the system; or second
        moments of groups that the replicates are not in, or of which there is only a part; or numbers of no
        `csmc.kernel.codes.Replication`.
    """
    schemes = _schemes(blocks.firsts)
    if len(plan.own_pairs) or len(plan.cross_pairs) or plan.histories:
        _check_groups(schemes, blocks, plan.group)
    most = int(blocks.counts.max())
    keys = blocks.seeds[:, None, None]
    lanes = min(most, LANES) if INTERPRETED else LANES
    return _run(points, system, institutions, keys, blocks, plan, lanes, NO_TRACE, 0)


def trace(
    point: np.recarray[Any, Any],
    system: SystemTables,
    institutions: np.recarray[Any, Any],
    seed: int,
    replicate: int,
    *,
    replicates: int = 1,
    first_episode: int = 0,
    episodes: int | None = None,
) -> Trace:
    """Trace episodes of one design point move by move, under every institution.

    The same compiled code as `tally` runs, from each history's first episode on, so a trace is what was counted.

    Parameters
    ----------
    point, system, institutions, seed
        As for `tally`.
    replicate, replicates
        The first replicate, and how many from it on, 1..128; a part of a group does.
    first_episode, episodes
        Which episodes of the histories to keep, from 0; all from `first_episode` on by default.

    Raises
    ------
    ValueError
        `replicates` outside 1..128, episodes that the histories do not have, or more states than the addresses of
        the draws allow.
    """
    if not 1 <= replicates <= MOST_LANES:  # a trace is of one batch
        raise ValueError(f"replicates={replicates} is outside [1, {MOST_LANES}]")
    length = int(point["episodes"][0])
    kept = length - first_episode if episodes is None else episodes
    if not (0 <= first_episode and 1 <= kept and first_episode + kept <= length):
        raise ValueError(f"episodes {first_episode} to {first_episode + kept - 1} are outside [0, {length - 1}]")
    _schemes(np.array([replicate]))
    traced = empty_trace(int(point["n_states"][0]), len(institutions), kept, replicates)
    keys = np.array([[[seed]]], dtype=np.uint64)
    _trace(point, system, institutions, keys, replicate, traced, first_episode)
    return traced


def _check_groups(schemes: list[Replication], blocks: Blocks, group: int) -> None:
    """Second moments of correlated replicates, taken as if they were not, would give intervals that are too short."""
    drawn = {group_size(scheme) for scheme in schemes}
    if drawn != {group}:
        raise ValueError(f"plan.group={group} is not the size of the groups that are drawn ({sorted(drawn)})")
    for name, numbers in (("firsts", blocks.firsts), ("counts", blocks.counts)):
        if (numbers % group).any():
            raise ValueError(f"{name}={numbers[numbers % group != 0][0]} is not a multiple of the group of {group}")


def _schemes(firsts: NDArray[np.int64]) -> list[Replication]:
    """The schemes that replicates are numbered by; ValueError for another number, whose draws a seed does not give."""
    return [Replication(scheme) for scheme in np.unique(firsts >> NUMBER_BITS).tolist()]


def trace_chains(
    point: np.recarray[Any, Any],
    system: SystemTables,
    institution: np.recarray[Any, Any],
    seed: int,
    chains: NDArray[np.uint64],
) -> Trace:
    """Trace all episodes of histories whose draws are those of chains, under one institution.

    Parameters
    ----------
    point, system, seed
        As for `tally`.
    institution
        (1,) record.
    chains
        (link, history): the links of each, first a replicate's number, see `csmc.kernel.draws`; 1..128 histories.

    Returns
    -------
    A `Trace` of `crisis`, `thirds` and `standing`: the others have no room.

    Raises
    ------
    ValueError
        Other numbers of histories, no links, a first link that is no replicate, or more states than the addresses of
        the draws allow.
    """
    links, histories = chains.shape
    if not 1 <= histories <= MOST_LANES or links == 0:
        raise ValueError(f"{links} links of {histories} histories: there must be links, of 1 to {MOST_LANES} histories")
    if (chains[0] >> np.uint64(LINK_BITS)).any():
        raise ValueError(f"the first link of a chain must be the number of a replicate, below 2**{LINK_BITS}")
    keys = np.zeros((1, 1 + links, max(histories, LANES)), dtype=np.uint64)
    keys[0, 0] = seed
    keys[0, 1:, :histories] = chains
    traced = crisis_trace(int(point["n_states"][0]), int(point["episodes"][0]), histories)
    _trace(point, system, institution, keys, CHAINED << NUMBER_BITS, traced, 0)
    return traced


def _trace(
    point: NDArray[Any],
    system: SystemTables,
    institutions: NDArray[Any],
    keys: NDArray[np.uint64],
    replicate: int,
    traced: Trace,
    first_episode: int,
) -> None:
    """Fill `traced` with the histories from `replicate` on."""
    replicates = traced.crisis.shape[3]
    blocks = Blocks(keys[:, 0, 0], np.array([replicate]), np.array([replicates]))
    lanes = replicates if INTERPRETED else LANES
    _run(point, system, institutions[None], keys, blocks, Plan(joint="none"), lanes, traced, first_episode)


def _run(
    points: NDArray[Any],
    system: SystemTables,
    institutions: NDArray[Any],
    keys: NDArray[np.uint64],
    blocks: Blocks,
    plan: Plan,
    lanes: int,
    traced: Trace,
    first_traced: int,
) -> Tallies:
    """Call the compiled block with arguments of one signature."""
    for n in np.unique(points["n_states"]):
        if not 2 <= n <= STRIDE or n != len(system.capability):
            raise ValueError(f"n_states={n} is outside [2, {STRIDE}] or not the {len(system.capability)} of the system")
    lengths, which = np.unique(points["episodes"], return_inverse=True)
    scales = np.stack([tally_scales(int(length)) for length in lengths])
    n_institutions = institutions.shape[1]
    result = empty_tallies(n_institutions, plan, len(points))
    tally_block(
        points,
        _own(system.capability, np.float64),
        _own(system.ideal_points, np.float64),
        _own(system.distance, np.float64),
        _own(system.great_power, np.int64),
        _own(system.member, np.int64),
        institutions,
        _own(keys, np.uint64),
        _own(blocks.firsts, np.int64),
        _own(blocks.counts, np.int64),
        np.int64(lanes),
        scales[which],
        _own(plan.own_pairs, np.int64),
        _own(plan.cross_pairs, np.int64),
        plan.compared(n_institutions),
        plan.partners(n_institutions),
        plan.fates(n_institutions),
        np.int64(plan.group),
        *result,
        traced,
        np.int64(first_traced),
    )
    return carry(result)


def _own(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """A C-contiguous, writeable array of one dtype, so that the kernel is compiled for one signature only."""
    return np.require(array, dtype=dtype, requirements=["C", "W", "A"])


def is_cached() -> bool:
    """Whether machine code of these kernel sources is on disk (the first call is then quick)."""
    return is_compiled_on_disk(tally_block)
