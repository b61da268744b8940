"""How numbers and names are written in tables, sentences and figures."""

from collections.abc import Mapping

import xarray as xr

from csmc.estimate import METRICS

MISSING = "–"


def percent(value: float) -> str:
    """A share in per cent, with more digits where it is small."""
    if value != value:
        return MISSING
    return f"{100 * value:.{_digits(value)}f}"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    if value != value:
        return MISSING
    text = f"{100 * value:+.{_digits(value)}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("+-")


def is_share(metric: str) -> bool:
    """Whether a metric is read in per cent, and not a number of states or episodes."""
    return METRICS[metric].high == 1.0


def share(metric: str, value: float) -> str:
    """A metric's value: in per cent if it is a share."""
    return percent(value) if is_share(metric) else MISSING if value != value else f"{value:.3g}".replace("-", "−")


def difference(metric: str, value: float) -> str:
    """A difference of two values of a metric with its sign: in percentage points if it is one of shares."""
    return points(value) if is_share(metric) else MISSING if value != value else f"{value:+.3g}".replace("-", "−")


def readable(metric: str) -> str:
    """A metric's name as words."""
    return metric.replace("_", " ")


def _digits(value: float) -> int:
    return 1 if abs(value) >= 0.01 or value == 0 else 2 if abs(value) >= 0.001 else 3


def interval(low: float, high: float) -> str:
    """An interval in percentage points."""
    return MISSING if low != low else f"[{points(low)}, {points(high)}]"


def number(value: object) -> str:
    """A parameter's value."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def parameter_label(coordinate: xr.DataArray, titles: Mapping[str, str]) -> str:
    """A varied parameter's name and unit; `titles` are those of the institutions."""
    path = str(coordinate.attrs.get("path", coordinate.name))
    unit = coordinate.attrs.get("units", "1")
    if path.startswith("institutions.*."):
        path = path.removeprefix("institutions.*.") + " (all institutions)"
    elif path.startswith("institutions."):
        institution, _, field = path.removeprefix("institutions.").partition(".")
        path = f"{field} ({titles[institution]})"
    path = f"factor on {path}" if coordinate.attrs.get("multiplies") else path
    return path if unit == "1" else f"{path} ({unit})"


def setting(coordinate: xr.DataArray) -> str:
    """A varied parameter and its value at one point, as the configuration would name it."""
    sign = "×" if coordinate.attrs.get("multiplies") else "="
    return f"{coordinate.attrs.get('path', coordinate.name)} {sign} {number(coordinate.values.item())}"
