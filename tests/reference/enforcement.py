"""The response to a refused demand, rung by rung, and war (docs/model.md, step 9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .bargaining import Bargain
from .codes import STRIDE, CrisisDraw, Outcome, Purpose, Scope
from .council import Council, Vote, hold_vote, mandate_factor
from .mathematics import Comparisons, contest, saturate, share
from .onset import Crisis
from .philox import Draws
from .records import Institution, Point
from .response import Expectation, ThirdParty, force_probabilities, lower_rung_probability
from .world import World

FORCE = 0
GENERAL_WAR_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Scene:
    """All that is settled when the response begins."""

    crisis: Crisis
    world: World
    third_parties: Mapping[int, ThirdParty]
    council: Council | None
    expectation: Expectation
    bargain: Bargain
    point: Point
    institution: Institution
    draws: Draws
    comparisons: Comparisons


@dataclass(frozen=True)
class Rung:
    """A rung that was taken."""

    item: int
    authorised: bool
    helpers: tuple[int, ...]  #: who took part, or helped the victim
    joiners: tuple[int, ...]  #: who joined the aggressor (force alone)
    participation: float  #: Q
    pressure: float  #: C, of this and the earlier rungs


@dataclass(frozen=True)
class Force:
    """The test of strength on the top rung."""

    mandate: float  #: M
    aggressor: float  #: S_a of the realised coalitions
    victim: float  #: S_b
    odds: float  #: the true probability that the aggressor wins
    odds_believed: float  #: the aggressor's


@dataclass(frozen=True)
class Enforcement:
    """The whole response."""

    votes: tuple[Vote, ...]  #: those held, in order
    authorised: dict[int, bool]  #: by item, of the rungs reached
    rungs: tuple[Rung, ...]  #: those taken, in order
    force: Force | None  #: if the top rung was reached
    outcome: Outcome
    aggressor_won: bool = False
    engaged: float | None = None  #: (S_a + S_b) / total, in a war
    enforced: bool = False  #: a war with a helper of the victim and an authorised use of force

    @property
    def last(self) -> Rung:
        """The last rung taken; force is always reached unless an earlier rung has worked."""
        return self.rungs[-1]

    @property
    def none_authorised(self) -> bool:
        """Whether no rung that was reached was authorised."""
        return not any(self.authorised.values())


def enforce(scene: Scene) -> Enforcement:
    """Climb the ladder until the aggressor yields or there is war (E5, E11, E75)."""
    votes: list[Vote] = []
    authorised: dict[int, bool] = {}
    rungs: list[Rung] = []
    pressure = 0.0
    for item in scene.institution.lower_rungs:
        authorised[item] = authorise(scene, item, votes)
        if not authorised[item]:
            continue
        rungs.append(take_lower_rung(scene, item, pressure))
        pressure = rungs[-1].pressure
        if yields(scene, scene.bargain.odds_believed, pressure):
            outcome = Outcome(Outcome.COERCED_BY_RUNG_1 + item - 1)
            return Enforcement(tuple(votes), authorised, tuple(rungs), None, outcome)
    authorised[FORCE] = authorise(scene, FORCE, votes)
    force, rung = take_force(scene, authorised[FORCE], pressure)
    rungs.append(rung)
    if yields(scene, force.odds_believed, pressure):
        return Enforcement(tuple(votes), authorised, tuple(rungs), force, Outcome.COERCED_BY_FORCE)
    return Enforcement(
        votes=tuple(votes),
        authorised=authorised,
        rungs=tuple(rungs),
        force=force,
        outcome=kind_of_war(scene, force, rung),
        aggressor_won=scene.comparisons.less(scene.draws.uniform(Purpose.CRISIS, CrisisDraw.WAR), force.odds),
        engaged=(force.aggressor + force.victim) / scene.crisis.total,
        enforced=is_enforced(scene, rung),
    )


def authorise(scene: Scene, item: int, votes: list[Vote]) -> bool:
    """Ask the council, if there is one, and append its vote to `votes`."""
    if scene.council is None:
        return True
    vote = hold_vote(
        scene.council,
        item,
        scene.crisis,
        scene.third_parties,
        scene.point,
        scene.institution,
        scene.draws,
        scene.comparisons,
    )
    votes.append(vote)
    return vote.passed


def yields(scene: Scene, odds_believed: float, pressure: float) -> bool:
    """Whether the aggressor prefers to back down (E70, E73)."""
    fighting = odds_believed - scene.crisis.challenger_war_cost - pressure
    return scene.comparisons.less(fighting, scene.crisis.backing_down)


def take_lower_rung(scene: Scene, item: int, pressure: float) -> Rung:
    """An authorised measure short of force, on top of the `pressure` of the earlier ones (E11, E69)."""
    helpers = tuple(
        k
        for k, party in scene.third_parties.items()
        if scene.comparisons.less(
            scene.draws.uniform(Purpose.PARTICIPATION, item * STRIDE + k),
            lower_rung_probability(party, item, scene.point, scene.institution, scene.expectation),
        )
    )
    participation = third_party_share(scene.crisis, helpers)
    severity = scene.institution.severity[item] / scene.crisis.stake
    return Rung(item, True, helpers, (), participation, pressure + severity * participation)


def take_force(scene: Scene, authorised: bool, pressure: float) -> tuple[Force, Rung]:
    """Every third party chooses a side, or none (E71, E72)."""
    crisis = scene.crisis
    mandate = mandate_factor(1.0 if authorised else 0.0, scene.institution)
    helpers, joiners = [], []
    for k, party in scene.third_parties.items():
        helping, joining = force_probabilities(
            party, crisis, scene.point, scene.institution, scene.expectation, mandate
        )
        u = scene.draws.uniform(Purpose.PARTICIPATION, FORCE * STRIDE + k)
        if scene.comparisons.less(u, helping):
            helpers.append(k)
        elif scene.comparisons.less(u, helping + joining):
            joiners.append(k)
    aggressor = crisis.effective[crisis.challenger] + effective_total(crisis, joiners)
    victim = crisis.effective[crisis.target] + effective_total(crisis, helpers)
    decisiveness = scene.point.decisiveness
    force = Force(
        mandate=mandate,
        aggressor=aggressor,
        victim=victim,
        odds=contest(aggressor, victim, decisiveness),
        odds_believed=contest(aggressor, victim * crisis.misperception, decisiveness),
    )
    participation = third_party_share(crisis, helpers)
    return force, Rung(FORCE, authorised, tuple(helpers), tuple(joiners), participation, pressure)


def effective_total(crisis: Crisis, states: Iterable[int]) -> float:
    """Effective capability of these states together (E72)."""
    return sum(crisis.effective[k] for k in states)


def third_party_share(crisis: Crisis, states: Iterable[int]) -> float:
    """Their share of third-party capability (E4)."""
    return share(effective_total(crisis, states), crisis.third_party_total)


def kind_of_war(scene: Scene, force: Force, rung: Rung) -> Outcome:
    """Bilateral if nobody joined, else by how much capability is engaged (E74)."""
    if not rung.helpers and not rung.joiners:
        return Outcome.BILATERAL_WAR
    threshold = scene.point.general_war * scene.crisis.total - GENERAL_WAR_TOLERANCE
    if scene.comparisons.at_least(force.aggressor + force.victim, threshold):
        return Outcome.GENERAL_WAR
    return Outcome.LIMITED_WAR


def is_enforced(scene: Scene, rung: Rung) -> bool:
    """Whether the victim is helped by force that a council authorised, or, without one, that members owe (E7)."""
    by_right = scene.council is not None or scene.institution.scope == Scope.MEMBERS
    return bool(rung.helpers) and rung.authorised and by_right


def free_riding(scene: Scene, rung: Rung) -> float:
    """The share of third-party capability that was owed on this rung and not contributed (E6)."""
    owed = sum(
        scene.crisis.effective[k] * max(0.0, saturate(party.obligation) - (1.0 if k in rung.helpers else 0.0))
        for k, party in scene.third_parties.items()
    )
    return share(owed, scene.crisis.third_party_total)
