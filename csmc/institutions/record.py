"""An institution as a record of rules; edit to give every institution a new rule.

The bounds here, like those of `csmc.parameters`, end up in the JSON Schema and in the messages to the user.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from csmc.errors import is_plain_text
from csmc.kernel.codes import STRIDE, Scope, Seating, Veto
from csmc.parameters import Record

#: A ladder has at most this many rungs, force included.
MAX_RUNGS = 4
#: A title has to fit above a panel of a figure.
MAX_TITLE = 60
#: The name of the last rung of every ladder.
FORCE = "force"


def _seats(value: Any) -> Any:
    legal_number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= STRIDE
    if not legal_number and value not in ("all", "great_powers"):
        raise PydanticCustomError("seats", f"must be all, great_powers or a whole number in [1, {STRIDE}]")
    return value


def _tuple(value: Any) -> Any:
    if isinstance(value, dict):
        raise PydanticCustomError("list", "must be a list, or change only what the list that it extends already names")
    return tuple(value) if isinstance(value, list) else value


def _unsigned_zero(value: float) -> float:
    return value + 0.0  # -0.0 is 0.0: the same number, the same identity


def _text(value: str) -> str:
    if not is_plain_text(value):
        raise PydanticCustomError("text", "must not hold control characters")
    return value


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_unsigned_zero)]
Weight = Annotated[float, Field(ge=0, le=1e3, allow_inf_nan=False), AfterValidator(_unsigned_zero)]
Text = Annotated[str, AfterValidator(_text)]
Seats = Annotated[
    Literal["all", "great_powers"] | int,
    BeforeValidator(_seats),
    WithJsonSchema(
        {"anyOf": [{"enum": ["all", "great_powers"]}, {"type": "integer", "minimum": 1, "maximum": STRIDE}]}
    ),
]
RungName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Rules(BaseModel):
    """A group of rules: immutable, exactly typed, and without unknown fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Obligation(Rules):
    """Who has promised to help the victim of an aggression, and how binding that is."""

    scope: Literal["none", "allies", "members", "great_powers"] = Field(
        "none", description="Whom the obligation binds."
    )
    strength: Weight = Field(0.0, description="Utility of honouring it, in units of the largest stake.")
    ally_radius: float = Field(
        1.0, ge=1e-6, le=1e6, allow_inf_nan=False, description="Interest distance within which states are allies."
    )
    residual: Share = Field(1.0, description="Share of the obligation that remains without a mandate (Article 51).")
    exempt_permanent: Share = Field(0.0, description="Share of it that lapses when the aggressor is a great power.")


class Balancing(Rules):
    """What states do about power, whatever they have promised."""

    weight: Weight = Field(0.0, description="Weight of siding with the weaker side.")
    hegemon_weight: Weight = Field(0.0, description="Weight of stopping a conquest that would make a hegemon.")
    bandwagon_weight: Weight = Field(0.0, description="Weight of siding with the stronger side.")


class Council(Rules):
    """Who must authorise a measure, and how."""

    seats: Seats = Field(description="All members, the great powers among them, or a number of seats.")
    quota: Share = Field(description="Share of the eligible votes that must be yes.")
    veto: Literal["none", "permanent", "all"] = Field("none", description="Whose no blocks a measure.")
    parties_abstain: bool = Field(False, description="Whether challenger and target may not vote.")
    abstention: Weight = Field(0.0, description="Utility from which a voter cares enough not to abstain.")


class Forum(Rules):
    """What an institution does with words."""

    legitimacy: Share = Field(1.0, description="Legitimacy at the start of a history.")
    mediation: Share = Field(0.0, description="Probability that mediation succeeds, at full legitimacy.")
    condemnation: Weight = Field(
        0.0, description="What condemnation costs a challenger, in units of the largest stake."
    )
    norm: Weight = Field(0.0, description="What it costs a third party to join an aggressor.")


class Rung(Rules):
    """One measure against an aggressor."""

    name: RungName = Field(description="A label; outcomes and figures show it.")
    severity: Weight = Field(0.0, description="What it costs the aggressor when all take part; not used for force.")
    cost: Weight = Field(description="What taking part costs, as a multiple of the cost of full participation.")


def title_of(name: str) -> str:
    """What readers call an institution that has no title of its own: its name as words."""
    return " ".join("UN" if word == "un" else word for word in name.split("_"))


class Institution(Rules):
    """Rules by which states respond to an aggression."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")
    title: str = Field("", description="What tables, sentences and figures call it; the name as words unless given.")
    summary: Text = ""
    sources: Annotated[tuple[Text, ...], BeforeValidator(_tuple)] = ()
    obligation: Obligation = Obligation()
    balancing: Balancing = Balancing()
    council: Council | None = None
    forum: Forum = Forum()
    ladder: Annotated[tuple[Rung, ...], BeforeValidator(_tuple), Field(min_length=1, max_length=MAX_RUNGS)] = (
        Rung(name=FORCE, cost=1.0),
    )

    @model_validator(mode="before")
    @classmethod
    def _has_a_title(cls, data: Any) -> Any:
        if isinstance(data, dict) and "title" not in data and isinstance(data.get("name"), str):
            return {**data, "title": title_of(data["name"])}
        return data

    @field_validator("title")
    @classmethod
    def _is_a_short_line(cls, title: str) -> str:
        if not title[:1].isalnum() or not title.isprintable() or len(title) > MAX_TITLE:
            message = f"must be one line of at most {MAX_TITLE} characters that begins with a letter or a digit"
            raise PydanticCustomError("title", message)
        return title

    @field_validator("ladder")
    @classmethod
    def _ends_with_force(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        names = [rung.name for rung in ladder]
        if names[-1] != FORCE or names.count(FORCE) > 1:
            raise PydanticCustomError("ladder", "must end with its only rung named force")
        if len(set(names)) < len(names):
            raise PydanticCustomError("ladder", "must not name two rungs alike")
        return ladder


#: The kernel's record of one institution. severity[0] and cost[0] are force; lower rungs follow in ladder order.
INSTITUTION_DTYPE = np.dtype(
    [
        ("scope", np.int64),
        ("strength", np.float64),
        ("ally_radius", np.float64),
        ("residual", np.float64),
        ("exempt_permanent", np.float64),
        ("weight", np.float64),
        ("hegemon_weight", np.float64),
        ("bandwagon_weight", np.float64),
        ("seating", np.int64),
        ("seats", np.int64),
        ("quota", np.float64),
        ("veto", np.int64),
        ("parties_abstain", np.int64),
        ("abstention", np.float64),
        ("legitimacy", np.float64),
        ("mediation", np.float64),
        ("condemnation", np.float64),
        ("norm", np.float64),
        ("rungs", np.int64),
        ("severity", np.float64, (MAX_RUNGS,)),
        ("cost", np.float64, (MAX_RUNGS,)),
    ],
    align=True,
)

_SEATINGS = {"all": Seating.ALL, "great_powers": Seating.GREAT_POWERS}


def pack_institutions(institutions: Sequence[Institution]) -> Record:
    """The kernel's records, shape (K,), of `institutions` in their order."""
    return np.array([_row(institution) for institution in institutions], dtype=INSTITUTION_DTYPE).view(np.recarray)


def _row(institution: Institution) -> tuple[Any, ...]:
    obligation, balancing, forum = institution.obligation, institution.balancing, institution.forum
    *lower, force = institution.ladder
    rungs = [force, *lower]
    padding = [0.0] * (MAX_RUNGS - len(rungs))
    return (
        Scope[obligation.scope.upper()],
        *(obligation.strength, obligation.ally_radius, obligation.residual, obligation.exempt_permanent),
        *(balancing.weight, balancing.hegemon_weight, balancing.bandwagon_weight),
        *_council_row(institution.council),
        *(forum.legitimacy, forum.mediation, forum.condemnation, forum.norm),
        len(rungs),
        [rung.severity for rung in rungs] + padding,
        [rung.cost for rung in rungs] + padding,
    )


def _council_row(council: Council | None) -> tuple[Any, ...]:
    """Seating, seats, quota, veto, parties_abstain and abstention."""
    if council is None:
        return Seating.NO_COUNCIL, 0, 0.0, Veto.NONE, 0, 0.0
    by_number = isinstance(council.seats, int)
    seating = Seating.NUMBER if by_number else _SEATINGS[str(council.seats)]
    seats = council.seats if by_number else 0
    return seating, seats, council.quota, Veto[council.veto.upper()], council.parties_abstain, council.abstention
