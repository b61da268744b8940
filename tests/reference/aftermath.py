"""What a crisis leaves behind (docs/model.md, step 10)."""

from .enforcement import Enforcement
from .mathematics import Comparisons
from .onset import Crisis
from .records import Point
from .world import World

DEATH_TOLERANCE = 1e-9


def settle_war(world: World, crisis: Crisis, enforcement: Enforcement, point: Point, comparisons: Comparisons) -> None:
    """Both principals lose capability; the loser cedes spoils, or everything (E76)."""
    winner, loser = crisis.challenger, crisis.target
    if not enforcement.aggressor_won:
        winner, loser = loser, winner
    for principal in (winner, loser):
        world.capability[principal] *= 1.0 - point.war_loss
    rest = world.capability[loser]
    kept = rest * (1.0 - point.spoils)
    if comparisons.less(kept, point.survival / point.n_states - DEATH_TOLERANCE):
        kept = 0.0
    world.capability[winner] += rest - kept
    world.capability[loser] = kept


def updated_trust(trust: float, crisis: Crisis, enforcement: Enforcement, point: Point) -> float:
    """Trust follows participation on the last rung taken, where there are third parties (E77)."""
    if not crisis.third_parties:
        return trust
    return trust + point.trust_learning * (enforcement.last.participation - trust)


def updated_legitimacy(
    legitimacy: float, world: World, crisis: Crisis, enforcement: Enforcement | None, point: Point
) -> float:
    """Legitimacy follows success; `enforcement` is None after a backdown (E78)."""
    return legitimacy + point.legitimacy_learning * (success(world, crisis, enforcement, point) - legitimacy)


def success(world: World, crisis: Crisis, enforcement: Enforcement | None, point: Point) -> float:
    """1 if the aggressor yielded or lost, less if a great power was faced without any authorisation (E78)."""
    if enforcement is None:
        return 1.0
    if enforcement.outcome.is_war and enforcement.aggressor_won:
        return 0.0
    selective = world.great_power[crisis.challenger] and enforcement.none_authorised
    return 1.0 - point.double_standard if selective else 1.0
