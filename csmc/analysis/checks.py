"""The checks that `csmc.analysis.diagnose` makes of every estimate: what they look at, and what to do if one fails.

Edit here to add a check, with the words for it; its figures come from `csmc.estimate`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

#: Chance, at most, that any check for faults fails in a result that is as it should be.
FAMILY = 1e-3


class State(IntEnum):
    """What a check says of an estimate."""

    OK = 0
    OFF = 1
    UNTOLD = 2  #: there is not enough to tell, or the check is not for it


@dataclass(frozen=True)
class Check:
    """One check. Small figures are bad: it is off below `limit`, or as far as chance would hardly go if there is none.

    finds: "precision" of an estimate whose interval is right, or a "fault" of the output.
    """

    name: str
    figure: str
    finds: Literal["precision", "fault"]
    meaning: str
    advice: str
    limit: float = math.nan


_REPLICATES = "the interval holds, but is wide against the value; more replicates make it narrower"
_FAULT = "run csmc verify --all; if numbers differ, remove the block files it names and run again"

_ALL = (
    Check(
        "relative_error",
        "value over standard error",
        "precision",
        "the standard error is less than a tenth of the value: about 100 events",
        _REPLICATES,
        limit=10.0,
    ),
    Check(
        "events",
        "events",
        "precision",
        "at least 10 independent events, or pairs that differ, stand behind the estimate",
        _REPLICATES,
        limit=10.0,
    ),
    Check(
        "histories",
        "histories",
        "precision",
        "at least 10 histories inform the estimate",
        "more replicates: what a standard error is made of are histories, not episodes",
        limit=10.0,
    ),
    Check(
        "clustering",
        "share of trials",
        "precision",
        "the trials tell at least a tenth of what as many independent ones would",
        "more replicates tell more here than longer histories",
        limit=0.1,
    ),
    Check(
        "spread",
        "events behind the error",
        "precision",
        "the standard error is known: its VOV is at most a tenth",
        "a few large values make the mean: more replicates",
    ),
    Check(
        "pairing",
        "gain",
        "precision",
        "shared draws do not make the difference less precise than separate ones would",
        "the institutions react to the same crises in opposite ways: it is a finding; more replicates make up for it",
    ),
    Check("homogeneity", "chance", "fault", "batches differ neither more nor less than by chance", _FAULT),
    Check("drift", "chance", "fault", "the mean has no trend over the last half of the replicates", _FAULT),
    Check("dependence", "chance", "fault", "neighbouring batches have nothing to do with each other", _FAULT),
    Check("slope", "chance", "fault", "the standard error falls as the square root of the replicates", _FAULT),
    Check("repeats", "repeated batches", "fault", "no batch is the copy of another", _FAULT),
)

#: Every check by name, in the order in which they are told.
CHECKS: Mapping[str, Check] = {check.name: check for check in _ALL}
