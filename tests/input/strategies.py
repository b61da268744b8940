"""Hypothesis strategies for configurations: every part of the language, ends of ranges included, all of it legal."""

import math
from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from csmc.estimate import METRICS
from csmc.institutions import names
from csmc.parameters import BY_PATH, PARAMETERS, Parameter

#: Number of states up to which an example is cheap; the largest system is drawn as well, but rarely.
SMALL = (2, 3, 4, 5, 8)
#: Fields of every institution: path, smallest and largest legal value.
SHARES = ("obligation.residual", "obligation.exempt_permanent", "forum.legitimacy", "forum.mediation")
WEIGHTS = (
    "obligation.strength",
    "balancing.weight",
    "balancing.hegemon_weight",
    "balancing.bandwagon_weight",
    "forum.condemnation",
    "forum.norm",
    "ladder.force.cost",
)
#: Parameters that other parameters restrict are drawn together in `parameters`.
_TOGETHER = ("system.n_states", "system.great_powers", "dynamics.survival", "dynamics.episodes")


def ends(parameter: Parameter) -> list[Any]:
    """The smallest and the largest legal value; without a table, `table` is not one."""
    if parameter.kind == "choice":
        return [choice for choice in parameter.choices if choice != "table"]
    if parameter.kind == "int":
        return [int(parameter.low), int(parameter.high)]
    low = math.nextafter(parameter.low, math.inf) if parameter.low_open else parameter.low
    high = math.nextafter(parameter.high, -math.inf) if parameter.high_open else parameter.high
    return [low, high]


def value(parameter: Parameter) -> st.SearchStrategy[Any]:
    """A legal value of one parameter: the default, an end, or something between."""
    if parameter.kind == "choice":
        return st.sampled_from(ends(parameter))
    low, high = ends(parameter)
    between = st.integers(low, high) if parameter.kind == "int" else st.floats(low, high)
    return st.one_of(st.just(parameter.default), st.sampled_from([low, high]), between)


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    """Fixed parameters that go together."""
    chosen = draw(
        st.lists(st.sampled_from([p for p in PARAMETERS if p.path not in _TOGETHER]), max_size=8, unique=True)
    )
    fixed = {parameter.path: draw(value(parameter)) for parameter in chosen}
    n_states = draw(st.one_of(st.sampled_from(SMALL), st.sampled_from([*SMALL, 64])))
    fixed |= {"system.n_states": n_states, "dynamics.episodes": draw(st.integers(1, 4))}
    if draw(st.booleans()):
        fixed["system.great_powers"] = draw(st.integers(0, n_states))
    if draw(st.booleans()):
        fixed["dynamics.survival"] = draw(st.floats(0, math.nextafter(n_states, 0)))
    return fixed


share = st.one_of(st.sampled_from([0, 1, 0.5, 1.0]), st.floats(0, 1))
weight = st.one_of(st.sampled_from([0, 1, 1000]), st.floats(0, 1e3))


@st.composite
def council(draw: st.DrawFn) -> dict[str, Any] | None:
    """The rules of a council, or none."""
    if draw(st.booleans()):
        return None
    return {
        "seats": draw(st.one_of(st.sampled_from(["all", "great_powers"]), st.integers(1, 64))),
        "quota": draw(share),
        "veto": draw(st.sampled_from(["none", "permanent", "all"])),
        "parties_abstain": draw(st.booleans()),
        "abstention": draw(weight),
    }


@st.composite
def new_institution(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """An institution made of nothing."""
    lower = draw(st.integers(0, 3))
    rungs = [{"name": f"rung_{i}", "severity": draw(weight), "cost": draw(weight)} for i in range(lower)]
    return {
        "name": name,
        "obligation": {
            "scope": draw(st.sampled_from(["none", "allies", "members", "great_powers"])),
            "strength": draw(weight),
            "ally_radius": draw(st.one_of(st.sampled_from([1e-6, 1e6]), st.floats(1e-6, 1e6))),
            "residual": draw(share),
            "exempt_permanent": draw(share),
        },
        "balancing": {field: draw(weight) for field in ("weight", "hegemon_weight", "bandwagon_weight")},
        "council": draw(council()),
        "forum": {"legitimacy": draw(share), "mediation": draw(share)}
        | {"condemnation": draw(weight), "norm": draw(weight)},
        "ladder": [*rungs, {"name": "force", "cost": draw(weight)}],
    }


@st.composite
def changed_institution(draw: st.DrawFn, name: str, bases: list[str]) -> dict[str, Any]:
    """An institution that extends a preset or an earlier entry; fields dotted, or one group nested."""
    entry: dict[str, Any] = {"name": name, "extends": draw(st.sampled_from(bases))}
    for field in draw(st.lists(st.sampled_from(SHARES + WEIGHTS), max_size=3, unique=True)):
        entry[field] = draw(share if field in SHARES else weight)
    if draw(st.booleans()):
        entry["council"] = draw(council())
    if draw(st.booleans()):
        entry["title"] = draw(st.sampled_from(["A title", "Völkerbund", "国際連盟", "x [bold]", "A = 1 $x$"]))
    return entry


@st.composite
def institutions(draw: st.DrawFn) -> list[Any]:
    """One to four entries of every kind, with names that differ."""
    entries: list[Any] = list(draw(st.lists(st.sampled_from(names()), min_size=1, max_size=2, unique=True)))
    bases = list(names())
    for index in range(draw(st.integers(0, 2))):
        name = f"own-{index}" if draw(st.booleans()) else f"Own_{index}"
        entries.append(draw(st.one_of(new_institution(name), changed_institution(name, bases))))
        bases.append(name)
    return list(draw(st.permutations(entries)))


#: What designs vary: continuous parameters, and fields that every institution has.
_VARIED = tuple(p.path for p in PARAMETERS if p.kind == "float" and p.path not in _TOGETHER)
_FIELDS = tuple(f"institutions.*.{field}" for field in SHARES + WEIGHTS)


@st.composite
def factor(draw: st.DrawFn, path: str, count: int) -> Any:
    """`count` values of `path`, in one of the ways that they can be written."""
    if path.startswith("institutions."):
        if path.removeprefix("institutions.*.") not in SHARES and draw(st.booleans()):
            return draw(st.lists(st.floats(0, 1), min_size=count, max_size=count, unique=True))
        factors = st.lists(st.floats(0, 1), min_size=count, max_size=count, unique=True)
        return {"multiply": draw(factors)}
    parameter = BY_PATH[path]
    low, high = ends(parameter)
    way = draw(st.sampled_from(["list", "linspace", "logspace"]))
    if way == "logspace" and low > 0 and count > 1:
        return {"logspace": [low, high, count]}
    if way == "linspace" and count > 1:
        return {"linspace": [low, high, count]}
    return draw(st.lists(st.floats(low, high), min_size=count, max_size=count, unique=True))


@st.composite
def design(draw: st.DrawFn, paths: list[str]) -> dict[str, Any]:
    """A design of a few points that varies `paths` (two at least)."""
    kind = draw(st.sampled_from(["grid", "zip", "cases", "product", "concat", "lhs", "sobol"]))
    if kind in ("grid", "zip"):
        count = draw(st.integers(1, 3))
        return {kind: {path: draw(factor(path, count)) for path in paths[:2]}}
    if kind == "cases":
        known = [path for path in paths if path in BY_PATH] or ["interests.divergence"]
        cases = st.fixed_dictionaries({known[0]: value(BY_PATH[known[0]])})
        return {"cases": draw(st.lists(cases, min_size=1, max_size=3))}
    if kind == "product":
        return {"product": [{"grid": {path: draw(factor(path, 2))}} for path in paths[:2]]}
    if kind == "concat":
        return {"concat": [{"grid": {path: draw(factor(path, 2))}} for path in paths[:2]]}
    known = [path for path in paths if path in BY_PATH] or ["interests.divergence"]
    ranges: dict[str, Any] = {}
    for path in known[:2]:
        low, high = ends(BY_PATH[path])
        ranges[path] = draw(drawn_from(low, high))
    numbers = {
        "points": st.sampled_from([2, 4]),
        "randomizations": st.integers(1, 3),
        "seed": st.integers(0, 2**32 - 1),
    }
    return {kind: draw(st.fixed_dictionaries(numbers)) | {"ranges": ranges}}


@st.composite
def drawn_from(draw: st.DrawFn, low: float, high: float) -> Any:
    """A range of a parameter that is legal from `low` to `high`."""
    middle, length = (low + high) / 2, high - low
    ways = [
        [low, high],
        {"distribution": {"choice": {"values": [low, high], "weights": [1, 2.5]}}},
        {"distribution": {"triangular": {"low": low, "mode": middle, "high": high}}},
        {"distribution": {"beta": {"a": 2, "b": 0.5, "low": low, "high": high}}},
        {"distribution": {"normal": {"mean": high, "sd": length / 3}, "within": [low, high]}},
    ]
    if low > 0:
        ways.append({"log": [low, high]})
        ways.append({"distribution": {"lognormal": {"median": middle, "sigma": 1.5}, "within": [low, high]}})
    return draw(st.sampled_from(ways))


#: Formulas that are legal whatever they read.
FORMULAS = {
    "crisis.onset_floor": "min(1000, 0.5 + crisis.revisionism ** 2 / 2)",
    "crisis.stake_floor": "1 / (1 + exp(-min(9, response.noise)))",
    "response.rounds": "1 + floor(sqrt(interests.dimensions))",
    "institutions.*.forum.norm": "max(0, 1000 - abs(crisis.audience_cost - 3)) / 2",
}


@st.composite
def derived(draw: st.DrawFn, taken: Collection[str]) -> dict[str, str]:
    """Formulas for parameters that nothing else sets."""
    chosen = draw(st.lists(st.sampled_from(sorted(FORMULAS)), unique=True))
    return {path: FORMULAS[path] for path in chosen if path not in taken}


#: Text in all scripts, without what a title cannot hold.
questions = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=60)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """A whole legal configuration, small enough to be run."""
    paths = draw(st.lists(st.sampled_from(_VARIED + _FIELDS), min_size=2, max_size=3, unique=True))
    configuration: dict[str, Any] = {
        "name": draw(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,20}\Z")),
        "institutions": draw(institutions()),
        "parameters": draw(parameters()),
        "sampling": {"replicates": draw(st.integers(1, 24))},
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "question": questions,
        "seed": st.one_of(st.sampled_from([0, 2**64 - 1]), st.integers(0, 2**64 - 1)),
        "seeding": st.sampled_from(["common", "independent"]),
        "design": design(paths),
        "execution": st.fixed_dictionaries({"block": st.integers(1, 2**35), "threads": st.integers(1, 4)}),
        "outputs": st.fixed_dictionaries(
            {
                "joint": st.sampled_from(["reference", "all", "none"]),
                "metrics": st.one_of(
                    st.just("all"), st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=4, unique=True)
                ),
            }
        ),
    }
    configuration |= {key: draw(strategy) for key, strategy in optional.items() if draw(st.booleans())}
    return configuration | {"derived": draw(derived({*configuration["parameters"], *paths}))}
