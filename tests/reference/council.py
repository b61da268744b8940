"""Who sits, who votes how, and what authorisation can be expected (docs/model.md, step 5)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .codes import STRIDE, Purpose, Seating, Veto
from .mathematics import Comparisons, clip, logistic, poisson_binomial_tail
from .onset import Crisis
from .philox import Draws
from .records import Institution, Point
from .response import ThirdParty
from .world import World

YES, NO, ABSTENTION = 1, -1, 0


@dataclass(frozen=True)
class Council:
    """The council of one crisis; states in index order."""

    seats: tuple[int, ...]
    eligible: tuple[int, ...]
    veto_holders: tuple[int, ...]
    need: int  #: yes votes that carry a measure
    can_act: bool  #: not if the quota asks for votes and nobody is eligible


@dataclass(frozen=True)
class Ballot:
    """How one state may vote on one measure."""

    yes: float  #: P(yes)
    not_no: float  #: 1 - P(no)


@dataclass(frozen=True)
class Vote:
    """One vote on one measure."""

    item: int
    votes: dict[int, int]  #: `YES`, `NO` or `ABSTENTION` of every eligible state
    vetoed: bool  #: at least one veto was cast
    passed: bool


def convene(
    crisis: Crisis, world: World, institution: Institution, draws: Draws, comparisons: Comparisons
) -> Council | None:
    """The council of this crisis, if the institution has one (E43)."""
    if not institution.has_council:
        return None
    seats = tuple(sorted(seated(world, institution, draws, comparisons)))
    parties = (crisis.challenger, crisis.target)
    eligible = tuple(k for k in seats if not (institution.parties_abstain and k in parties))
    return Council(
        seats=seats,
        eligible=eligible,
        veto_holders=tuple(k for k in eligible if holds_veto(k, world, institution)),
        need=math.ceil(institution.quota * len(eligible) - 1e-9),
        can_act=bool(eligible) or not institution.quota > 0.0,
    )


def seated(world: World, institution: Institution, draws: Draws, comparisons: Comparisons) -> list[int]:
    """All members, the great powers among them, or a number: permanent members first, the rest by lot (E42)."""
    members = [k for k in world.living if world.member[k]]
    if institution.seating == Seating.ALL:
        return members
    if institution.seating == Seating.GREAT_POWERS:
        return [k for k in members if world.great_power[k]]
    permanent = comparisons.first(
        [k for k in members if world.is_permanent(k)], institution.seats, key=lambda k: -world.capability[k]
    )
    elected = comparisons.first(
        [k for k in members if not world.is_permanent(k)],
        institution.seats - len(permanent),
        key=lambda k: draws.uniform(Purpose.SEAT, k),
    )
    return permanent + elected


def holds_veto(k: int, world: World, institution: Institution) -> bool:
    """Whether an eligible state may veto (E43)."""
    if institution.veto == Veto.ALL:
        return True
    return institution.veto == Veto.PERMANENT and world.is_permanent(k)


def ballot(
    k: int, item: int, crisis: Crisis, third_parties: Mapping[int, ThirdParty], point: Point, institution: Institution
) -> Ballot:
    """The victim votes yes, the challenger no, the others by what they would gain (E44, E45)."""
    if k == crisis.target:
        return Ballot(yes=1.0, not_no=1.0)
    if k == crisis.challenger:
        return Ballot(yes=0.0, not_no=0.0)
    party = third_parties[k]
    value = party.in_favour - point.vote_cost * institution.cost[item] * party.helping_cost
    return Ballot(
        yes=logistic((value - institution.abstention) / point.noise),
        not_no=logistic((value + institution.abstention) / point.noise),
    )


def expected_mandates(
    council: Council | None,
    crisis: Crisis,
    third_parties: Mapping[int, ThirdParty],
    point: Point,
    institution: Institution,
) -> tuple[float, ...]:
    """Pi of every item; without a council everything counts as authorised (E48)."""
    if council is None:
        return (1.0,) * institution.rungs
    return tuple(
        authorisation_probability(
            council, {k: ballot(k, item, crisis, third_parties, point, institution) for k in council.eligible}
        )
        for item in range(institution.rungs)
    )


def authorisation_probability(council: Council, ballots: Mapping[int, Ballot]) -> float:
    """No veto is cast, and given that, enough vote yes (E47, E48, E49)."""
    if not council.can_act:
        return 0.0
    no_veto = math.prod(ballots[k].not_no for k in council.veto_holders)
    yes = [yes_without_no(ballots[k]) if k in council.veto_holders else ballots[k].yes for k in council.eligible]
    return no_veto * poisson_binomial_tail(yes, council.need)


def yes_without_no(ballot: Ballot) -> float:
    """P(yes | not no), 0 for a certain no (E48)."""
    return clip(ballot.yes / ballot.not_no, 0.0, 1.0) if ballot.not_no > 0.0 else 0.0


def mandate_factor(authorised: float, institution: Institution) -> float:
    """What the duty to use force is worth, if authorised with this probability (E50)."""
    return institution.residual + (1.0 - institution.residual) * authorised


def hold_vote(
    council: Council,
    item: int,
    crisis: Crisis,
    third_parties: Mapping[int, ThirdParty],
    point: Point,
    institution: Institution,
    draws: Draws,
    comparisons: Comparisons,
) -> Vote:
    """Put one measure to the vote (E47)."""
    votes = {
        k: cast(
            ballot(k, item, crisis, third_parties, point, institution),
            draws.uniform(Purpose.VOTE, item * STRIDE + k),
            comparisons,
        )
        for k in council.eligible
    }
    vetoed = any(votes[k] == NO for k in council.veto_holders)
    enough = count_yes(votes.values()) >= council.need
    return Vote(item=item, votes=votes, vetoed=vetoed, passed=council.can_act and enough and not vetoed)


def cast(ballot: Ballot, u: float, comparisons: Comparisons) -> int:
    """Yes if u < P(yes), no if u >= 1 - P(no), else an abstention (E46)."""
    if comparisons.less(u, ballot.yes):
        return YES
    if comparisons.at_least(u, ballot.not_no):
        return NO
    return ABSTENTION


def count_yes(votes: Iterable[int]) -> int:
    """How many voted yes."""
    return sum(vote == YES for vote in votes)
