"""One history under one institution: the stages in the order of the model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .aftermath import settle_war, updated_legitimacy, updated_trust
from .bargaining import bargain
from .codes import Outcome
from .council import convene, expected_mandates, mandate_factor
from .enforcement import FORCE, Scene, enforce, free_riding
from .history import Episode, History, final_state, tally
from .mathematics import Comparisons
from .onset import draw_crisis
from .philox import Draws, Replicate
from .records import Institution, Point, System
from .response import expected_pressure, expected_response, third_party
from .world import World, drift, start


@dataclass
class Standing:
    """What changes in a history besides the states: trust and legitimacy."""

    trust: float
    legitimacy: float


def simulate_history(
    point: Mapping[str, Any], system: System, institution: Mapping[str, Any], seed: int, replicate: Replicate
) -> History:
    """Simulate one history; `point` and `institution` map the fields of the records to values (E21, E22)."""
    parameters = Point.read(point)
    rules = Institution.read(institution)
    at_start = Comparisons()
    world = start(parameters, system, Draws(seed, replicate, 0), at_start)
    standing = Standing(parameters.trust, rules.legitimacy)
    episodes = [
        simulate_episode(world, standing, parameters, rules, Draws(seed, replicate, number))
        for number in range(parameters.episodes)
    ]
    final = final_state(world.capability, standing.trust, standing.legitimacy)
    margin = min([at_start.smallest, *(episode.margin for episode in episodes)])
    return History(episodes=episodes, final=final, tallies=tally(episodes, final), margin=margin)


def simulate_episode(world: World, standing: Standing, point: Point, institution: Institution, draws: Draws) -> Episode:
    """Simulate the next episode; `world` and `standing` become those after it (E22)."""
    if draws.episode > 0 and len(world.living) >= 2:
        drift(world, point, draws)
    if len(world.living) < 2:
        return Episode(
            draws.episode, Outcome.NO_CHALLENGE, standing.trust, standing.legitimacy, tuple(world.capability)
        )
    comparisons = Comparisons()
    episode = play(world, standing, point, institution, draws, comparisons)
    remember(world, standing, episode, point, comparisons)
    return replace(
        episode,
        trust=standing.trust,
        legitimacy=standing.legitimacy,
        capability=tuple(world.capability),
        margin=comparisons.smallest,
    )


def play(
    world: World,
    standing: Standing,
    point: Point,
    institution: Institution,
    draws: Draws,
    comparisons: Comparisons,
) -> Episode:
    """Steps 2 to 9."""
    crisis = draw_crisis(world, point, draws, comparisons)
    third_parties = {
        k: third_party(k, crisis, world, point, institution, standing.legitimacy, draws) for k in crisis.third_parties
    }
    council = convene(crisis, world, institution, draws, comparisons)
    mandates = expected_mandates(council, crisis, third_parties, point, institution)
    mandate = mandate_factor(mandates[FORCE], institution)
    parties = third_parties.values()
    expectation = expected_response(crisis, parties, point, institution, standing.trust, mandate)
    pressure = expected_pressure(crisis, parties, point, institution, expectation, mandates)
    offer = bargain(crisis, expectation, pressure, point, institution, standing.legitimacy, draws, comparisons)
    episode = Episode(
        number=draws.episode,
        outcome=Outcome.NO_CHALLENGE,
        trust=standing.trust,
        legitimacy=standing.legitimacy,
        capability=tuple(world.capability),
        crisis=crisis,
        great_challenger=world.great_power[crisis.challenger],
        third_parties=tuple(parties),
        council=council,
        mandates=mandates,
        mandate_expected=mandate,
        expectation=expectation,
        pressure_expected=pressure,
        bargain=offer,
    )
    if not offer.challenged:
        return episode
    if offer.settled:
        return replace(episode, outcome=Outcome.NEGOTIATED_SETTLEMENT)
    if offer.bluff_called:
        return replace(episode, outcome=Outcome.BACKDOWN)
    scene = Scene(crisis, world, third_parties, council, expectation, offer, point, institution, draws, comparisons)
    enforcement = enforce(scene)
    return replace(
        episode,
        outcome=enforcement.outcome,
        enforcement=enforcement,
        free_riding=free_riding(scene, enforcement.last),
    )


def remember(world: World, standing: Standing, episode: Episode, point: Point, comparisons: Comparisons) -> None:
    """Step 10: nothing is updated unless a demand was refused."""
    if episode.crisis is None or episode.outcome in (Outcome.NO_CHALLENGE, Outcome.NEGOTIATED_SETTLEMENT):
        return
    if episode.enforcement is not None:
        standing.trust = updated_trust(standing.trust, episode.crisis, episode.enforcement, point)
    standing.legitimacy = updated_legitimacy(standing.legitimacy, world, episode.crisis, episode.enforcement, point)
    if episode.outcome.is_war:
        assert episode.enforcement is not None
        settle_war(world, episode.crisis, episode.enforcement, point, comparisons)
