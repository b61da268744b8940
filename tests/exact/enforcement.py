"""Steps 8 to 10: every way in which a refused demand can end, rung by rung, with its probability."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from tests.exact.aftermath import after_response, after_war
from tests.exact.bargain import Bargain
from tests.exact.council import Ballot
from tests.exact.response import Expectation, force_choice, measure_choice
from tests.exact.situation import Situation, ThirdParty, growing, subsets
from tests.exact.world import State, World

Counts = dict[str, float]
Leaf = tuple[float, Counts, State]
#: The probability of a refusal at which the aggressor has not yielded.
Standing = Callable[..., float]


@dataclass(frozen=True)
class Path:
    """What has happened on the rungs so far; `chance` is that of votes and participation, not of the aggressor."""

    chance: float = 1.0
    pressure: float = 0.0
    authorised: bool = False
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True)
class Enforcement:
    """A refused demand: the world, the crisis, the bargain, and the ballots (lower rungs in order, then force)."""

    world: World
    state: State
    situation: Situation
    bargain: Bargain
    expected: Expectation
    ballots: tuple[Ballot, ...]

    def leaves(self) -> Iterator[Leaf]:
        """Every end: (probability, counts, state afterwards)."""
        standing = self._standing()
        paths = [Path()]
        for position, rung in enumerate(self.world.institution.ladder[:-1]):
            going_on = []
            for path in paths:
                for voted, passed in _votes(path, self.ballots[position]):
                    if not passed:
                        going_on.append(voted)
                        continue
                    for after, counts, share in self._measure(voted, rung.cost, rung.severity):
                        yields = standing(path.pressure) - standing(after.pressure)
                        outcome = {**counts, f"COERCED_BY_RUNG_{position + 1}": 1, "DETERRED": 1}
                        yield after.chance * yields, outcome, self._after(share, True, True)
                        going_on.append(after)
            paths = going_on
        for path in paths:
            for voted, passed in _votes(path, self.ballots[-1]):
                yield from self._force(voted, passed, standing)

    def _standing(self) -> Standing:
        """P(refused and not yielding) at an accumulated pressure, and to force of given strengths."""
        offer, bargain = self.bargain.offer, self.bargain

        @cache
        def probability(pressure: float, strengths: tuple[float, float] | None = None) -> float:
            line = bargain.believed + offer.audience - pressure
            if strengths is not None:
                facing = offer.contest.success(*strengths, bargain.errors[0])
                line = np.minimum(line, facing + offer.audience - pressure)
            return bargain.fighting(line)

        return probability

    def _measure(self, path: Path, cost: float, severity: float) -> Iterator[tuple[Path, Counts, float]]:
        """Every participation in an authorised lower rung: path after it, counts if it is the last, share."""
        third = self.situation.third
        chances = [measure_choice(self.world, self.expected, k, cost) for k in third]
        for takes_part in subsets(third):
            chance = np.prod([p if part else 1 - p for p, part in zip(chances, takes_part, strict=True)])
            share = self._share([k for k, part in zip(third, takes_part, strict=True) if part])
            pressure = path.pressure + severity / self.situation.stake * share
            after = replace(path, chance=path.chance * float(chance), pressure=round(pressure, 14))
            counts = {**path.counts, "REFUSALS": 1, "CHALLENGES": 1, "PEACE": 1}
            yield after, {**counts, **self._response_counts(takes_part, share)}, share

    def _force(self, path: Path, passed: bool, standing: Standing) -> Iterator[Leaf]:
        third, power = self.situation.third, self.situation.power
        mandate = 1.0 if passed else self.world.institution.obligation.residual
        chances = [force_choice(self.world, self.situation, self.expected, k, mandate) for k in third]
        stands = standing(path.pressure)
        for sides in itertools.product((0, 1, 2), repeat=len(third)):
            chance = np.prod([(1 - h - j, h, j)[side] for (h, j), side in zip(chances, sides, strict=True)])
            helpers = [k for k, side in zip(third, sides, strict=True) if side == 1]
            joiners = [k for k, side in zip(third, sides, strict=True) if side == 2]
            strengths = (
                power[self.situation.aggressor] + sum(k.power for k in joiners),
                power[self.situation.victim] + sum(k.power for k in helpers),
            )
            share = self._share(helpers)
            counts = {**path.counts, "REFUSALS": 1, "CHALLENGES": 1}
            counts |= self._response_counts(tuple(side == 1 for side in sides), share)
            if self.situation.third_power > 0:
                counts |= {"FORCE_RESPONSES": 1, "AGGRESSOR_JOINING": self._share(joiners)}
            fights = standing(path.pressure, strengths)
            here, all_passed = path.chance * float(chance), path.authorised
            yielded = {**counts, "COERCED_BY_FORCE": 1, "DETERRED": 1, "PEACE": 1}
            yield here * (stands - fights), yielded, self._after(share, True, all_passed)
            enforced = len(helpers) > 0 and passed and self._counts_as_enforcement
            counts |= self._war_counts(len(helpers) + len(joiners), sum(strengths)) | {"ENFORCED": enforced}
            wins = float(self.bargain.offer.contest.success(*strengths))
            won = after_war(self.world, self._after(share, False, all_passed), self.situation, won=True)
            lost = after_war(self.world, self._after(share, True, all_passed), self.situation, won=False)
            yield here * fights * wins, {**counts, "WARS_WON": 1, "SUCCESSES": 1}, won
            yield here * fights * (1 - wins), counts, lost

    @property
    def _counts_as_enforcement(self) -> bool:
        rules = self.world.institution
        return rules.council is not None or rules.obligation.scope == "members"

    def _share(self, some: list[ThirdParty]) -> float:
        whole = self.situation.third_power
        return sum(k.power for k in some) / whole if whole > 0 else 0.0

    def _after(self, share: float, success: bool, authorised: bool) -> State:
        return after_response(self.world, self.state, self.situation, share, success, authorised)

    def _response_counts(self, takes_part: tuple[bool, ...], share: float) -> Counts:
        third, whole = self.situation.third, self.situation.third_power
        if whole == 0:
            return {}
        kind = "GREAT" if self.state.great[self.situation.aggressor] else "OTHER"
        owed = sum(k.power * max(0.0, growing(k.obligation) - part) for k, part in zip(third, takes_part, strict=True))
        counts: Counts = {"RESPONSES": 1, f"RESPONSES_{kind}": 1, "FREE_RIDING": owed / whole}
        return counts | {"PARTICIPATION": share, f"PARTICIPATION_{kind}": share}

    def _war_counts(self, joined: int, engaged: float) -> Counts:
        whole = sum(self.situation.power)
        general = engaged >= self.world.values["crisis.general_war"] * whole - 1e-9
        kind = "BILATERAL_WAR" if joined == 0 else "GENERAL_WAR" if general else "LIMITED_WAR"
        return {kind: 1, "WARS": 1, "BELLIGERENTS": 2 + joined, "ENGAGED": engaged / whole}


def _votes(path: Path, ballot: Ballot) -> Iterator[tuple[Path, bool]]:
    """The path after each result of the vote, and whether the measure passed."""
    results = ((ballot.passed, 1, 0), (ballot.vetoed, 0, 1), (1 - ballot.passed - ballot.vetoed, 0, 0))
    for chance, passed, vetoed in results:
        if chance > 0:
            tally = {"VOTES": ballot.votes, "PASSED": passed * ballot.votes, "VETOED": vetoed}
            counts = {name: path.counts.get(name, 0) + more for name, more in tally.items()}
            authorised = path.authorised or passed == 1
            yield replace(path, chance=path.chance * chance, counts=counts, authorised=authorised), passed == 1
