"""The one table of parameters; edit to add, rename, re-bound or re-document a parameter of the model.

Validation, the kernel's record, the JSON Schema and the table in docs/model.md are all made from `PARAMETERS`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from csmc.errors import is_plain_text
from csmc.kernel.codes import STRIDE, Distribution, Layout

Kind = Literal["float", "int", "choice", "path"]
Value = float | int | str | None
#: Parameters by path, every one legal: their types are those of the table.
Values = Mapping[str, Any]
Record = np.recarray[Any, np.dtype[np.void]]


@dataclass(frozen=True)
class Parameter:
    """One parameter: where a configuration sets it (`path`), where the kernel reads it (`field`), and what is legal."""

    path: str
    field: str
    default: Value
    low: float
    high: float
    low_open: bool
    high_open: bool
    kind: Kind
    choices: tuple[str, ...]
    unit: str
    meaning: str
    source: str

    @property
    def group(self) -> str:
        """The section of the configuration that holds the parameter."""
        return self.path.partition(".")[0]

    @property
    def rule(self) -> str:
        """What a legal value is, to be read after "must be"."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "path":
            return "the path of a CSV file"
        number = "a whole number" if self.kind == "int" else "a number"
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"{number} in {left}{_short(self.low)}, {_short(self.high)}{right}"

    def accepts(self, value: object) -> bool:
        """Whether `value` is legal; whole numbers pass for numbers, booleans and text never do."""
        if self.kind == "choice":
            return isinstance(value, str) and value in self.choices
        if self.kind == "path":
            return value is None or (isinstance(value, str) and is_path(value))
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "int" else int | float):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def convert(self, value: Any) -> Value:
        """The legal `value` in the type that the parameter has everywhere else."""
        return float(value) + 0.0 if self.kind == "float" else value  # -0.0 is 0.0: the same number, the same identity


def is_path(text: str) -> bool:
    """Whether `text` can be the path of a file or a folder, and be shown in one line."""
    return text.strip() != "" and is_plain_text(text) and "\n" not in text


def _short(number: float) -> str:
    return f"{number:g}".replace("e+0", "e").replace("e-0", "e-")


def _bounds(interval: str) -> tuple[float, float, bool, bool]:
    """Give (low, high, low is open, high is open) of an interval written as in mathematics: `(0, 1]`."""
    left, low, high, right = re.fullmatch(r"([\[(])(.+), (.+)([\])])", interval).groups()  # type: ignore[union-attr]
    return float(low), float(high), left == "(", right == ")"


def _number(path: str, default: float, interval: str, unit: str, meaning: str, source: str = "assumed") -> Parameter:
    field = path.removeprefix("system.").replace("capability.", "capability_").rpartition(".")[2]
    kind: Kind = "int" if isinstance(default, int) else "float"
    return Parameter(path, field, default, *_bounds(interval), kind, (), unit, meaning, source)


def _choice(path: str, field: str, default: IntEnum, meaning: str, source: str) -> Parameter:
    choices = tuple(choice.name.lower() for choice in type(default))
    high = float(len(choices) - 1)
    name = default.name.lower()
    return Parameter(path, field, name, 0.0, high, False, False, "choice", choices, "1", meaning, source)


def _table(path: str, meaning: str) -> Parameter:
    return Parameter(path, "", None, 0.0, 0.0, False, False, "path", (), "file", meaning, "assumed")


#: The most states that a system can have.
MAX_STATES = STRIDE
#: exp(-loss_of_strength * distance) must not underflow.
MAX_DISTANCE_DECAY = 700.0

# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    _number("system.n_states", 8, "[2, 64]", "states",
            "States in the system. With a table: its rows."),
    _number("system.great_powers", 3, "[0, 64]", "states",
            "Great powers: the largest at the start, or those that a table flags; never more than n_states are used.",
            "Levy 1983"),
    _choice("system.capability.distribution", "capability_distribution", Distribution.LOGNORMAL,
            "How initial capabilities are drawn. Default with a table that has a capability column: table.",
            "Singer, Bremer & Stuckey 1972"),
    _number("system.capability.sigma", 1.0, "[0, 5]", "1", "Standard deviation of log capability under lognormal."),
    _number("system.capability.alpha", 1.5, "[0.1, 1e6]", "1", "Tail exponent under pareto; smaller is more unequal."),
    _number("system.capability.concentration", 1.0, "[0.05, 1e6]", "1",
            "Concentration under dirichlet; 1 is uniform over all divisions, larger is more equal."),
    _number("system.capability.noise", 0.0, "[0, 10]", "1",
            "Standard deviation of a lognormal factor on the capabilities of a table."),
    _choice("system.geography.layout", "layout", Layout.NONE,
            "Where states lie: nowhere, on a ring, in the unit square, or as far apart as a table says.",
            "Boulding 1962"),
    _number("system.geography.loss_of_strength", 0.0, "[0, 10]", "1 / distance",
            "Rate at which capability decays with distance to the target's theatre.", "Boulding 1962"),
    _number("system.members", 1.0, "[0, 1]", "probability",
            "Probability that a state that is no great power belongs to the institution.", "Claude 1962"),
    _number("system.great_power_members", 1.0, "[0, 1]", "probability",
            "Probability that a great power belongs to the institution.", "Claude 1962"),
    _number("interests.dimensions", 2, "[1, 3]", "dimensions", "Dimensions of the space of interests.",
            "Bueno de Mesquita 1981"),
    _number("interests.divergence", 0.8, "[0, 10]", "interest distance",
            "Standard deviation of lasting ideal points, per dimension (with a table: of noise about its points).",
            "Bueno de Mesquita 1981"),
    _number("interests.polarization", 0.0, "[0, 10]", "interest distance",
            "Distance between the centres of two blocs on the first dimension."),
    _number("interests.volatility", 0.5, "[0, 10]", "interest distance",
            "Standard deviation of passing deviations from the lasting ideal point, in each dimension."),
    _number("interests.persistence", 0.9, "[0, 1)", "1",
            "Autocorrelation of those deviations from episode to episode."),
    _number("crisis.onset_power", 0.5, "[0, 10]", "1", "Elasticity of the chance to challenge in capability.",
            "Bueno de Mesquita 1981"),
    _number("crisis.onset_floor", 0.1, "[1e-9, 1e3]", "1",
            "Chance to challenge or to be challenged that remains when interests agree."),
    _number("crisis.stake_floor", 0.2, "[1e-3, 1]", "stake",
            "Stake of a crisis between states of identical interests, as a share of the largest stake."),
    _number("crisis.decisiveness", 0.7, "(0, 10]", "1",
            "Exponent of the contest function: how much capability decides a war.",
            "Hirshleifer 1989"),
    _number("crisis.revisionism", 0.25, "[0, 10]", "share of the good",
            "Standard deviation of the gap between the division of benefits and that of power.", "Powell 1999"),
    _number("crisis.war_cost", 0.4, "[1e-9, 1e3]", "largest stake",
            "Upper end of the private costs of war, uniform from 0.",
            "Fearon 1995"),
    _number("crisis.audience_cost", 0.1, "[0, 1e3]", "largest stake", "What an aggressor pays for backing down.",
            "Fearon 1994"),
    _number("crisis.challenge_cost", 0.02, "[-1e3, 1e3]", "largest stake",
            "What a challenge costs; a large negative value forces a challenge."),
    _number("crisis.misperception", 0.2, "[0, 10]", "1",
            "Standard deviation of the log error in the challenger's estimate of the opposing strength."),
    _number("crisis.hegemony", 0.5, "(0, 0.999]", "share of capability",
            "Share that the aggressor would hold beyond which conquest threatens everybody.",
            "Niou, Ordeshook & Rose 1989"),
    _number("crisis.general_war", 0.5, "(0, 1)", "share of capability",
            "Share of effective capability engaged from which a war is general."),
    _number("response.interest_weight", 1.5, "[0, 1e3]", "largest stake", "Weight of interests aligned with a party.",
            "Bueno de Mesquita 1981"),
    _number("response.efficacy_weight", 1.0, "[0, 1e3]", "largest stake", "Weight of one's own effect on the outcome.",
            "Olson & Zeckhauser 1966"),
    _number("response.assurance_weight", 0.75, "[0, 1e3]", "largest stake",
            "Weight of the expectation that others help too.", "Kupchan & Kupchan 1991"),
    _number("response.joining_cost", 1.0, "[0, 1e3]", "largest stake",
            "Cost of full participation against a negligible aggressor."),
    _number("response.power_cost", 1.0, "[0, 1e3]", "1",
            "How much dearer it is to face an opponent stronger than oneself.",
            "Mearsheimer 1994"),
    _number("response.cost_heterogeneity", 0.3, "[0, 10]", "1",
            "Standard deviation of the log cost of joining among states."),
    _number("response.noise", 0.4, "[0.01, 10]", "largest stake",
            "Scale of the logistic noise in choices of third parties and voters.",
            "McKelvey & Palfrey 1998"),
    _number("response.rounds", 3, "[1, 16]", "rounds", "Rounds of mutual expectation before third parties choose.",
            "McKelvey & Palfrey 1998"),
    _number("response.vote_cost", 0.5, "[0, 1]", "1", "Share of the cost of a measure that a vote for it weighs."),
    _number("dynamics.episodes", 1, "[1, 1e6]", "episodes", "Crisis episodes in a history; 1 is independent crises."),
    _number("dynamics.growth", 0.1, "[0, 10]", "1", "Standard deviation of log capability growth per episode."),
    _number("dynamics.war_loss", 0.1, "[0, 1)", "share of capability",
            "What a war destroys of each principal's capability."),
    _number("dynamics.spoils", 0.3, "[0, 1]", "share of capability",
            "What the loser of a war cedes of what it has left.",
            "Niou, Ordeshook & Rose 1989"),
    _number("dynamics.survival", 0.1, "[0, 64)", "mean capability",
            "The loser of a war dies below this multiple of the mean capability; must be below n_states."),
    _number("dynamics.trust", 0.5, "[0, 1]", "share of capability",
            "Share of third-party capability expected to help, at the start.",
            "Kupchan & Kupchan 1991"),
    _number("dynamics.trust_learning", 0.1, "[0, 1]", "1 / response", "Speed at which trust follows participation."),
    _number("dynamics.legitimacy_learning", 0.1, "[0, 1]", "1 / refusal", "Speed at which legitimacy follows success."),
    _number("dynamics.double_standard", 0.5, "[0, 1]", "1",
            "Share of a success that counts for nothing when a great power was faced without a mandate.",
            "Mearsheimer 1994"),
)
# fmt: on

#: Parameters that are files: they shape the arrays of a system and have no field in the kernel's record.
TABLES: tuple[Parameter, ...] = (
    _table("system.table", "CSV file of real states: name, capability, ideal_point(s), great_power, member."),
    _table("system.geography.table", "CSV file of a symmetric distance matrix, headed by the names of the states."),
)

BY_PATH: Mapping[str, Parameter] = {parameter.path: parameter for parameter in PARAMETERS + TABLES}

#: The kernel's record of one design point: whole numbers and choices are int64, all else float64.
POINT_DTYPE = np.dtype(
    [(p.field, np.float64 if p.kind == "float" else np.int64) for p in PARAMETERS],
    align=True,
)


def markdown_table() -> str:
    """The table of `PARAMETERS` as docs/model.md has it."""
    rows = ["| parameter | default | legal values | unit | meaning | source |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_markdown_row, PARAMETERS)])


def _markdown_row(p: Parameter) -> str:
    default = _short(p.default) if isinstance(p.default, float) else p.default
    legal = re.sub("^(a number in|a whole number in|one of) ", "", p.rule)
    return f"| `{p.path}` | {default} | {legal} | {p.unit} | {p.meaning.removesuffix('.')} | {p.source} |"


def defaults() -> dict[str, Value]:
    """Every parameter's default by path."""
    return {path: parameter.default for path, parameter in BY_PATH.items()}


def pack_point(values: Values) -> Record:
    """The kernel's record, shape (1,), of one point's legal `values` by path (all of `PARAMETERS`)."""
    row = list(_IN_ORDER(values))
    for place, codes in _CHOICES:
        row[place] = codes[row[place]]
    return np.array([tuple(row)], dtype=_RECORD).view(np.recarray)


#: As `POINT_DTYPE`, of numpy's records: a view of a plain array would have to find this type anew for every point.
_RECORD = np.dtype((np.record, POINT_DTYPE))

_IN_ORDER = itemgetter(*(p.path for p in PARAMETERS))

#: Where in a record a choice is, and its codes.
_CHOICES = [
    (place, {choice: code for code, choice in enumerate(p.choices)})
    for place, p in enumerate(PARAMETERS)
    if p.kind == "choice"
]
