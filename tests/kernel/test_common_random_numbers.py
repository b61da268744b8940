"""Institutions and design points meet the same draws: the exogenous course of a history is the same to the last bit."""

from collections.abc import Callable

import numpy as np
import pytest

from csmc.institutions import get, pack_institutions
from csmc.kernel import Trace, trace
from csmc.kernel import lanes as field
from csmc.parameters import PARAMETERS
from tests.evidence import Section

from .support import PRESETS, SEED, institution, packed

#: A point at which every draw is made: a plane, councils by election, lognormal capability, blocs, partial membership.
BASE = {
    "system.n_states": 20,
    "system.great_powers": 4,
    "system.geography.layout": "plane",
    "system.geography.loss_of_strength": 1.0,
    "system.members": 0.7,
    "system.great_power_members": 0.9,
    "interests.polarization": 0.5,
    "dynamics.episodes": 6,
    "dynamics.survival": 0.4,
    "crisis.audience_cost": 0.5,
    "crisis.challenge_cost": -0.3,
}
ELECTED = "un_security_council"

#: What of the exogenous course each part of the parameters enters; a parameter not named here enters none of it.
PARTS = {
    "interests": range(field.BASE, field.POSITION),
    "positions": range(field.POSITION, field.CAPABILITY),
    "capability": [field.CAPABILITY, field.GREAT_POWER, field.MEMBER],
    "growth": [field.GROWTH],
    "costs": [field.JOINING_COST],
    "seats": [field.SEAT_DRAW],
}
ENTERS = {
    "system.great_powers": {"capability"},
    "system.capability.distribution": {"capability"},
    "system.capability.sigma": {"capability"},
    "system.members": {"capability"},
    "system.great_power_members": {"capability"},
    "interests.dimensions": {"interests"},
    "interests.divergence": {"interests"},
    "interests.polarization": {"interests"},
    "interests.volatility": {"interests"},
    "interests.persistence": {"interests"},
    "response.joining_cost": {"costs"},
    "response.cost_heterogeneity": {"costs"},
    "dynamics.growth": {"growth"},
    "system.geography.layout": {"positions"},
}
#: These change the shape of a history, not its draws: compared where both have the same states and episodes.
SHAPE = ("system.n_states", "dynamics.episodes")
CHANGED = [parameter for parameter in PARAMETERS if parameter.kind != "path" and parameter.path not in SHAPE]


def traced(changes: dict, names: tuple = (ELECTED,), seed: int = SEED) -> Trace:
    point, system = packed({**BASE, **changes})
    records = [get(name) if isinstance(name, str) else name for name in names]
    return trace(point, system, pack_institutions(records), seed, 1000, replicates=32)


def exogenous(of: Trace) -> dict[str, bytes]:
    """The course that no state's decision can change, by part, and the episode's own shocks."""
    parts = {name: of.world[:, list(fields)].tobytes() for name, fields in PARTS.items()}
    return parts | {"shocks": of.shocks.tobytes()}


def other_value(parameter) -> object:
    """A legal value that is not the base's."""
    base = BASE.get(parameter.path, parameter.default)
    if parameter.kind == "choice":
        choices = [choice for choice in parameter.choices if choice not in (base, "table")]
        return choices[0]
    step = 1 if parameter.kind == "int" else 0.37 * (base or 0.1)
    return next(value for value in (base + step, base - step, base / 2) if parameter.accepts(value))


def test_the_world_its_shocks_and_all_types_are_byte_identical_under_every_institution(
    evidence: Callable[[Section, str, str], None],
) -> None:
    whole = exogenous(traced({}, PRESETS))
    strange = institution(ELECTED, obligation__strength=7.0, council__quota=0.9, forum__norm=3.0)
    for name in (*PRESETS, strange):
        alone = exogenous(traced({}, (name, ELECTED)))  # an election, so that the same draws are made
        assert alone == whole
    evidence(
        Section.COMMON,
        "The exogenous course of a history (interests, positions, starting capability, status, growth, costs of "
        "joining, seat draws, the episode's shocks) is byte-identical under every institution, alone or in company",
        f"{len(PRESETS)} presets and an invented one, 32 histories of {BASE['dynamics.episodes']} episodes",
    )


def test_institutions_meet_the_same_first_crisis_and_then_diverge() -> None:
    together = traced({}, PRESETS)
    onset = list(range(field.CHALLENGER, field.VICTIM_VOTES))
    first = together.crisis[:, 0, onset]
    assert (first == first[:1]).all()
    assert not (together.crisis[:, -1, onset] == together.crisis[:1, -1, onset]).all()


@pytest.mark.parametrize("parameter", CHANGED, ids=lambda p: p.path)
def test_a_parameter_changes_of_the_exogenous_course_only_what_it_enters(parameter) -> None:
    before, after = exogenous(traced({})), exogenous(traced({parameter.path: other_value(parameter)}))
    changed = {part for part in before if before[part] != after[part]}
    assert changed <= ENTERS.get(parameter.path, set())


@pytest.mark.parametrize("path", sorted(ENTERS))
def test_a_parameter_that_enters_the_exogenous_course_changes_it(path: str) -> None:
    (parameter,) = [p for p in PARAMETERS if p.path == path]
    before, after = exogenous(traced({})), exogenous(traced({path: other_value(parameter)}))
    assert {part for part in before if before[part] != after[part]} == ENTERS[path]


def test_no_parameter_shifts_a_draw(evidence: Callable[[Section, str, str], None]) -> None:
    """Fewer states and fewer episodes see the same draws for the states and episodes that they have."""
    many, few = traced({}), traced({"system.n_states": 17, "dynamics.episodes": 3})
    drawn = [*PARTS["interests"], *PARTS["positions"], *PARTS["growth"], *PARTS["costs"], *PARTS["seats"]]
    assert (many.world[:3, drawn, :17] == few.world[:, drawn]).all()
    assert (many.shocks[:3] == few.shocks).all()
    evidence(
        Section.COMMON,
        "A parameter changes of the exogenous course only the part that it enters, and adding states or episodes "
        "shifts no draw of the others",
        f"{len(CHANGED)} parameters changed one at a time, compared byte by byte; {len(ENTERS)} enter one part each",
    )


def test_another_seed_changes_every_part_of_it() -> None:
    before, after = exogenous(traced({})), exogenous(traced({}, seed=SEED + 1))
    assert all(before[part] != after[part] for part in before)


def test_a_trace_is_the_same_alone_and_among_others() -> None:
    together = traced({}, PRESETS)
    for k, name in enumerate(PRESETS):
        alone = traced({}, (name, ELECTED))
        assert np.array_equal(alone.standing[0], together.standing[k])
        assert np.array_equal(alone.after[0], together.after[k])
        assert np.array_equal(alone.crisis[0, :, field.OUTCOME], together.crisis[k, :, field.OUTCOME])
