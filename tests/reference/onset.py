"""Who challenges whom, and over what (docs/model.md, steps 2 and 3)."""

import math
from dataclasses import dataclass

from .codes import AssessmentDraw, CrisisDraw, Purpose
from .mathematics import Comparisons, clip, contest, saturate
from .philox import Draws
from .records import Point
from .world import World


@dataclass(frozen=True)
class Crisis:
    """A challenger, a target and a stake, as every institution finds them.

    Lists run over all states; the effective capability of the dead is 0. Costs are relative to the stake.
    """

    challenger: int  #: a
    target: int  #: b
    third_parties: tuple[int, ...]  #: the living states other than a and b
    ideal_points: list[list[float]]  #: x
    capability: list[float]  #: c, shares of the living
    effective: list[float]  #: e, at the target's theatre
    stake: float  #: v
    war_cost: float  #: K
    audience_cost: float  #: A'
    challenge_cost: float  #: ch
    challenger_war_cost: float  #: k_a
    target_war_cost: float  #: k_b
    status_quo: float  #: q
    misperception: float  #: exp(sigma_m eps), the factor on the victim's strength in the challenger's eyes

    @property
    def third_party_total(self) -> float:
        """Effective capability of all third parties."""
        return sum(self.effective[k] for k in self.third_parties)

    @property
    def total(self) -> float:
        """Effective capability of all living states."""
        return sum(self.effective)

    @property
    def backing_down(self) -> float:
        """q - A': what the challenger has left when it yields."""
        return self.status_quo - self.audience_cost

    def interest_distance(self, i: int, j: int) -> float:
        """Distance between the ideal points of two states (E3)."""
        return math.dist(self.ideal_points[i], self.ideal_points[j])


def draw_crisis(world: World, point: Point, draws: Draws, comparisons: Comparisons) -> Crisis:
    """The crisis of an episode, if the challenger wants one (E28, E29, E30, E31, E33, E61)."""
    ideal_points = world.ideal_points
    a = choose_challenger(world, point, ideal_points, draws, comparisons)
    b = choose_target(world, point, a, ideal_points, draws, comparisons)
    effective = [c * math.exp(-point.loss_of_strength * world.distance[k][b]) for k, c in enumerate(world.capability)]
    stake = point.stake_floor + (1.0 - point.stake_floor) * saturate(math.dist(ideal_points[a], ideal_points[b]))
    war_cost = point.war_cost / stake
    odds_alone = contest(effective[a], effective[b], point.decisiveness)
    revision = point.revisionism * draws.normal(Purpose.ASSESSMENT, AssessmentDraw.STATUS_QUO)
    return Crisis(
        challenger=a,
        target=b,
        third_parties=tuple(k for k in world.living if k not in (a, b)),
        ideal_points=ideal_points,
        capability=list(world.capability),
        effective=effective,
        stake=stake,
        war_cost=war_cost,
        audience_cost=point.audience_cost / stake,
        challenge_cost=point.challenge_cost / stake,
        challenger_war_cost=war_cost * draws.uniform(Purpose.CRISIS, CrisisDraw.CHALLENGER_WAR_COST),
        target_war_cost=war_cost * draws.uniform(Purpose.CRISIS, CrisisDraw.TARGET_WAR_COST),
        status_quo=clip(odds_alone + revision, 0.0, 1.0),
        misperception=math.exp(point.misperception * draws.normal(Purpose.ASSESSMENT, AssessmentDraw.MISPERCEPTION)),
    )


def choose_challenger(
    world: World, point: Point, ideal_points: list[list[float]], draws: Draws, comparisons: Comparisons
) -> int:
    """The strong and the dissatisfied challenge more often (E26)."""
    order = standing_order(world, ideal_points)
    weights = {
        k: world.capability[k] ** point.onset_power * (point.onset_floor + saturate(math.dist(ideal_points[k], order)))
        for k in world.living
    }
    return choose(weights, draws.uniform(Purpose.CRISIS, CrisisDraw.CHALLENGER), comparisons)


def standing_order(world: World, ideal_points: list[list[float]]) -> list[float]:
    """The capability-weighted mean ideal point (E25)."""
    total = sum(world.capability)
    return [
        sum(world.capability[k] * ideal_points[k][dimension] for k in world.living) / total
        for dimension in range(len(ideal_points[0]))
    ]


def choose_target(
    world: World, point: Point, a: int, ideal_points: list[list[float]], draws: Draws, comparisons: Comparisons
) -> int:
    """The near and the different are challenged more often (E27)."""
    candidates = [k for k in world.living if k != a]
    weights = {
        k: (point.onset_floor + saturate(math.dist(ideal_points[a], ideal_points[k])))
        * math.exp(-point.loss_of_strength * world.distance[a][k])
        for k in candidates
    }
    return choose(weights, draws.uniform(Purpose.CRISIS, CrisisDraw.TARGET), comparisons)


def choose(weights: dict[int, float], u: float, comparisons: Comparisons) -> int:
    """The first state with u * total < cumulative weight, else the last with a positive weight (E12).

    Where all weights vanish, all states are equally likely.
    """
    if not any(weight > 0.0 for weight in weights.values()):
        weights = dict.fromkeys(weights, 1.0)
    total = sum(weights.values())
    cumulative = 0.0
    for state, weight in weights.items():
        cumulative += weight
        comparisons.note(u, cumulative / total)
        if u * total < cumulative:
            return state
    return max(state for state, weight in weights.items() if weight > 0.0)
