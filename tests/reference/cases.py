"""Points, systems and institutions on which the kernel is compared with the reference."""

import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from csmc.institutions import INSTITUTION_DTYPE
from csmc.kernel import Plan, Trace, tally, trace
from csmc.kernel.codes import N_TALLIES, row_scale
from csmc.parameters import POINT_DTYPE

from .codes import Distribution, Layout, Scope, Seating, Veto
from .defaults import POINT, PRESETS, system_of


class Case(NamedTuple):
    """One design point and institution, and which histories to play: `replicates` of them from `first` on."""

    point: dict[str, Any]
    system: Any
    institution: Mapping[str, Any]
    seed: int
    first: int
    replicates: int

    def records(self) -> tuple[Any, Any, Any]:
        """What the kernel takes."""
        return record(self.point, POINT_DTYPE), self.system, record(self.institution, INSTITUTION_DTYPE)

    def trace(self) -> Trace:
        """All episodes of all histories, by the kernel."""
        return trace(*self.records(), self.seed, self.first, replicates=self.replicates)

    def tallies(self, replicate: int) -> tuple[Any, Any]:
        """Tallies of one history in natural units, (tally,), by the kernel, and their resolution."""
        sums = tally(*self.records(), self.seed, replicate, 1, Plan(joint="none")).sums[0]
        scales = np.array([row_scale(row, int(self.point["episodes"])) for row in range(N_TALLIES)])
        return sums / scales, np.where(scales == 1, 0.0, 1.5 / scales)


def record(fields: Mapping[str, Any], dtype: np.dtype[Any]) -> np.recarray[Any, Any]:
    """One packed record of the kernel."""
    packed = np.zeros(1, dtype=dtype).view(np.recarray)
    for name, value in fields.items():
        packed[name] = value
    return packed


def random_case(generator: random.Random, replicates: int = 4) -> Case:
    """A case over wide legal ranges."""
    point = random_point(generator)
    system = random_system(generator, point)
    institution = random_institution(generator, point["n_states"])
    first = generator.choice([0, 2**31, 2**33 + 5])
    return Case(point, system, institution, generator.getrandbits(64), first, replicates)


def random_point(generator: random.Random) -> dict[str, Any]:
    """Parameters."""
    u = generator.uniform
    n = generator.choice([2, 3, 4, 5, 6, 8, 8, 9, 12, 16, 33, 64])
    return dict(
        POINT,
        n_states=n,
        great_powers=generator.randint(0, n),
        capability_distribution=generator.choice(list(Distribution)),
        capability_sigma=u(0, 2),
        capability_alpha=u(0.3, 4),
        capability_concentration=generator.choice([u(0.1, 1), u(1, 5)]),
        capability_noise=generator.choice([0.0, 0.5]),
        layout=generator.choice(list(Layout)),
        loss_of_strength=generator.choice([0.0, u(0, 5)]),
        members=generator.choice([1.0, u(0, 1)]),
        great_power_members=generator.choice([1.0, u(0, 1)]),
        dimensions=generator.randint(1, 3),
        divergence=u(0, 3),
        polarization=generator.choice([0.0, u(0, 3)]),
        volatility=u(0, 1.5),
        persistence=u(0, 0.99),
        onset_power=generator.choice([0.0, 0.5, u(0, 3)]),
        onset_floor=u(0.01, 1),
        stake_floor=u(0.01, 1),
        decisiveness=u(0.1, 3),
        revisionism=u(0, 0.6),
        war_cost=u(0.05, 1.5),
        audience_cost=u(0, 0.5),
        challenge_cost=generator.choice([-5.0, u(-0.2, 0.2)]),
        misperception=u(0, 1.5),
        hegemony=u(0.05, 0.9),
        general_war=u(0.1, 0.9),
        interest_weight=u(0, 4),
        efficacy_weight=u(0, 3),
        assurance_weight=u(0, 3),
        joining_cost=u(0, 2),
        power_cost=u(0, 2),
        cost_heterogeneity=u(0, 1),
        noise=generator.choice([0.01, u(0.05, 1)]),
        rounds=generator.randint(1, 8),
        vote_cost=u(0, 1),
        episodes=generator.choice([1, 1, 2, 7, 15, 50]),
        growth=u(0, 0.5),
        war_loss=u(0, 0.6),
        spoils=u(0, 1),
        survival=u(0, 0.8),
        trust=u(0, 1),
        trust_learning=u(0, 1),
        legitimacy_learning=u(0, 1),
        double_standard=u(0, 1),
    )


def random_institution(generator: random.Random, n: int) -> dict[str, Any]:
    """A preset, or an institution of random fields."""
    u = generator.uniform
    institution = dict(generator.choice(list(PRESETS.values())))
    rungs = generator.randint(1, 4)
    if generator.random() < 0.75:
        institution.update(
            scope=generator.choice(list(Scope)),
            strength=u(0, 5),
            ally_radius=u(0.2, 3),
            residual=u(0, 1),
            exempt_permanent=u(0, 1),
            weight=u(0, 3),
            hegemon_weight=u(0, 3),
            bandwagon_weight=u(0, 2),
            seating=generator.choice(list(Seating)),
            seats=generator.randint(1, n),
            quota=generator.choice([0.0, u(0, 1), 1.0]),
            veto=generator.choice(list(Veto)),
            parties_abstain=generator.randint(0, 1),
            abstention=generator.choice([0.0, u(0, 1)]),
            legitimacy=u(0, 1),
            mediation=u(0, 1),
            condemnation=u(0, 0.2),
            norm=u(0, 2),
            rungs=rungs,
            severity=[0.0, *(u(0, 0.8) for _ in range(3))],
            cost=[u(0.2, 1.5), *(u(0, 1) for _ in range(3))],
        )
    return institution


def random_system(generator: random.Random, point: Mapping[str, Any]) -> Any:
    """Tables where the point asks for them, and sometimes ideal points and flags."""
    n, u = point["n_states"], generator.uniform
    axis = [[u(0, 1) for _ in range(n)] for _ in range(2)]
    columns: dict[str, Any] = {}
    if point["layout"] == Layout.TABLE:
        gaps = [
            [((axis[0][i] - axis[0][j]) ** 2 + (axis[1][i] - axis[1][j]) ** 2) ** 0.5 for j in range(n)]
            for i in range(n)
        ]
        columns["distance"] = gaps
    elif point["layout"] == Layout.RING:
        columns["distance"] = [[min(abs(i - j), n - abs(i - j)) / (n / 2) for j in range(n)] for i in range(n)]
    if point["capability_distribution"] == Distribution.TABLE:
        columns["capability"] = [u(0.01, 1) for _ in range(n)]
    if generator.random() < 0.2:
        columns["ideal_points"] = [[u(-2, 2) for _ in range(n)] for _ in range(3)]
    if generator.random() < 0.2:
        columns["great_power"] = [generator.randint(0, 1) for _ in range(n)]
    if generator.random() < 0.2:
        columns["member"] = [generator.randint(0, 1) for _ in range(n)]
    return system_of(n, **columns)


#: Points that between them reach every stage of the model, and every branch of it under the presets.
REGRESSION_POINTS: Mapping[str, Mapping[str, Any]] = {
    "default": {"episodes": 6},
    "two": {"n_states": 2, "great_powers": 1, "episodes": 5, "survival": 0.6, "challenge_cost": -1.0},
    "forced": {"n_states": 6, "episodes": 8, "challenge_cost": -50.0, "audience_cost": 0.6, "misperception": 0.8},
    "ring": {
        "n_states": 9,
        "great_powers": 5,
        "layout": Layout.RING,
        "loss_of_strength": 1.5,
        "capability_distribution": Distribution.PARETO,
        "dimensions": 1,
        "members": 0.6,
        "great_power_members": 0.8,
        "episodes": 5,
        "challenge_cost": -1.0,
        "audience_cost": 0.6,
        "onset_power": 1.5,
    },
    "plane": {
        "n_states": 17,
        "great_powers": 5,
        "layout": Layout.PLANE,
        "loss_of_strength": 2.0,
        "capability_distribution": Distribution.DIRICHLET,
        "capability_concentration": 0.4,
        "dimensions": 3,
        "polarization": 1.0,
        "episodes": 3,
        "challenge_cost": -1.0,
        "audience_cost": 0.6,
        "hegemony": 0.2,
    },
    "sharp": {
        "n_states": 5,
        "capability_distribution": Distribution.DIRICHLET,
        "capability_concentration": 1.0,
        "noise": 0.01,
        "rounds": 6,
        "episodes": 6,
        "challenge_cost": -1.0,
        "audience_cost": 0.6,
        "survival": 0.8,
    },
}


def regression_cases(replicates: int = 6) -> Iterator[Case]:
    """The fixed set: every preset at every regression point, and points at the edge of the model."""
    for (name, changes), (preset, institution) in product(REGRESSION_POINTS.items(), PRESETS.items()):
        point = POINT | changes
        n = point["n_states"]
        columns: dict[str, Any] = {}
        if point["layout"] == Layout.RING:
            columns["distance"] = [[min(abs(i - j), n - abs(i - j)) / (n / 2) for j in range(n)] for i in range(n)]
        seed = sum(map(ord, name + preset))
        yield Case(point, system_of(n, **columns), institution, seed, 0, replicates)
    yield from vanishing_cases(PRESETS["un_security_council"], replicates)
    yield from coerced_cases()
    yield from strong_cases(replicates)
    for institution in PRESETS.values():
        yield remote_case(institution, replicates)


#: Histories of `coerced_cases` in which a rung coerces: challengers expect the pressure, so it seldom surprises them.
COERCED = (217, 240, 253, 14, 50, 254, 29, 100, 218, 210)


def coerced_cases() -> Iterator[Case]:
    """Histories in which the challenger yields on each of the rungs."""
    point = POINT | {"n_states": 4, "great_powers": 1, "episodes": 6, "challenge_cost": -50.0, "audience_cost": 0.3}
    rules = {"quota": 0.0, "veto": Veto.NONE, "strength": 1.0, "rungs": 4}
    ladder = {"severity": [0.0, 0.4, 0.4, 0.4], "cost": [1.0, 0.3, 0.3, 0.3]}
    for replicate in COERCED:
        yield Case(point, system_of(4), PRESETS["un_security_council"] | rules | ladder, 3, replicate, 1)


def strong_cases(replicates: int) -> Iterator[Case]:
    """Small councils of states that die; abstentions and utilities that are large against the noise."""
    forced = POINT | {"n_states": 6, "episodes": 6, "challenge_cost": -50.0, "audience_cost": 0.6}
    un = PRESETS["un_security_council"]
    sharp = forced | {"noise": 0.01}
    for abstention in (1.5, 3.0):
        yield Case(sharp, system_of(6), un | {"abstention": abstention, "strength": 4.0}, 5, 0, 2 * replicates)
    small = un | {"seats": 3, "quota": 0.3}  # more great powers than seats, then fewer as states die
    for great_powers in (1, 5):
        dying = forced | {"great_powers": great_powers, "survival": 3.0, "war_loss": 0.5, "episodes": 12}
        yield Case(dying, system_of(6), small, 8, 0, 2 * replicates)
    for strength, weight in ((400.0, 0.0), (0.0, 900.0), (30.0, 300.0)):
        huge = un | {"strength": strength, "weight": weight, "bandwagon_weight": weight, "norm": strength / 2}
        yield Case(sharp, system_of(6), huge, 6, 0, replicates)
        yield Case(sharp | {"interest_weight": 1000.0, "joining_cost": 700.0}, system_of(6), huge, 7, 0, replicates)


def vanishing_cases(institution: Mapping[str, Any], replicates: int) -> Iterator[Case]:
    """Weights of challengers and targets that are the smallest numbers there are, or all 0."""
    for onset_power in (0.0, 10.0):
        changes = {
            "n_states": 4,
            "capability_distribution": Distribution.EQUAL,
            "divergence": 0.0,
            "volatility": 0.0,
            "onset_power": onset_power,
            "onset_floor": 5e-324,
            "layout": Layout.PLANE,
            "loss_of_strength": 20.0 * onset_power,
            "episodes": 3,
        }
        yield Case(POINT | changes, system_of(4), institution, 2, 0, 4 * replicates)


def remote_case(institution: Mapping[str, Any], replicates: int) -> Case:
    """Two states so far away that nothing is left of their capability: they exist, but their shares are 0."""
    changes = {
        "n_states": 4,
        "great_powers": 1,
        "capability_distribution": Distribution.TABLE,
        "layout": Layout.TABLE,
        "loss_of_strength": 1.0,
        "challenge_cost": -50.0,
        "audience_cost": 10.0,
        "onset_power": 0.0,
        "episodes": 4,
    }
    far = [[0.0 if (i < 2) == (j < 2) else 700.0 for j in range(4)] for i in range(4)]
    return Case(
        POINT | changes, system_of(4, capability=[1.0, 1.0, 1e-25, 1e-25], distance=far), institution, 1, 0, replicates
    )
