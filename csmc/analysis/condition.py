"""Conditions on points such as `war[collective_security - balance_of_power] > 0`; edit to allow another form."""

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.refusals import require
from csmc.errors import ParameterError
from csmc.estimate import METRICS

Mask = NDArray[np.bool_]

FORM = "METRIC[INSTITUTION] or METRIC[INSTITUTION - REFERENCE], then >, >=, < or <= and a number"
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_PARTS = re.compile(r"\s*(\w+)\s*(?:\[([^\[\]]*)\])?\s*(>=|<=|>|<)\s*(\S+)\s*")


class Judged(NamedTuple):
    """Where a condition holds by the estimate, where there is one, and where its interval leaves the answer open."""

    hits: Mask
    computed: Mask
    undecided: Mask
    text: str  #: the condition, written out


def judge(result: xr.Dataset, where: str) -> Judged:
    """Judge a condition at every point.

    Raises
    ------
    ParameterError
        The condition cannot be read, or names what the result does not have.
    """
    parts = _PARTS.fullmatch(where)
    try:
        number = float(parts[4]) if parts else np.nan
    except ValueError:
        number = np.nan
    if parts is None or not np.isfinite(number):
        raise ParameterError(f"{where!r} is no condition; write {FORM}, as in war[collective_security] < 0.1")
    metric, of, sign = parts[1], parts[2], parts[3]
    require("metric", metric, [name for name in METRICS if name in result])
    name, institution, flip = _variable(result, metric, of)
    chosen = result[[name, f"{name}_low", f"{name}_high"]].sel(institution=institution).load()
    value, low, high = (-chosen[part].values if flip else chosen[part].values for part in chosen.data_vars)
    if flip:
        low, high = high, low
    compared = _COMPARED[sign]
    computed = np.isfinite(value)
    open_ = computed & ~(compared(low, number) == compared(high, number))
    undecided = open_ | (computed & ~(np.isfinite(low) & np.isfinite(high)))
    text = f"{metric}[{of.strip() if of else institution}] {sign} {number:g}"
    return Judged(compared(value, number) & computed, computed, undecided, text)


def _variable(result: xr.Dataset, metric: str, of: str | None) -> tuple[str, str, bool]:
    """The variable, the institution, and whether its sign turns."""
    names = [str(name) for name in result["institution"].values]
    if of is None:
        if len(names) > 1:
            raise ParameterError(
                f"{metric} of which institution? write {metric}[NAME], NAME being one of {', '.join(names)}"
            )
        return metric, names[0], False
    if " - " not in of:
        require("institution", of.strip(), names)
        return metric, of.strip(), False
    one, other = (name.strip() for name in of.split(" - ", 1))
    reference = result.csmc.reference
    for name in (one, other):
        require("institution", name, names)
    if one == other or reference not in (one, other):
        raise ParameterError(
            f"{metric}[{of}]: differences are kept against the reference only; write {metric}[NAME - {reference}]"
        )
    return f"{metric}_difference", other if one == reference else one, one == reference
