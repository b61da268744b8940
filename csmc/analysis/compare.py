"""Two results compared: how their configurations differ, and how their estimates do, given what the two share.

Edit here to change what is compared, and what is said of it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.joint import Meeting, can_meet, together
from csmc.analysis.matching import MEANING, Kind, Match, Result, Side, kinds, matched, side
from csmc.analysis.refusals import require, require_level
from csmc.engine.difference import changes, same
from csmc.errors import CsmcError, ParameterError
from csmc.estimate import METRICS, Estimate, Metric, Pairs, differences, estimate
from csmc.estimate.between import ADJUSTMENTS, Between, adjusted, at_level, between, nested_correlation, tested
from csmc.estimate.differences import Known
from csmc.estimate.intervals import LEVEL, Floats

DIMS = ("point", "institution", "metric")
#: What never changes a number, and is not compared.
_LEFT_OUT = ("name", "execution")
#: Parts of the answer per point, institution and metric, and what each is.
PARTS = {
    "value_a": "the metric in A",
    "value_b": "the metric in B",
    "difference": "B minus A",
    "difference_se": "standard error of the difference",
    "difference_low": "lower end of the interval of the difference, for itself",
    "difference_high": "upper end of the interval of the difference, for itself",
    "standardised": "difference over what its interval takes for its standard error (Student's t)",
    "p": "1 less the highest level at which the interval leaves out 0",
    "p_adjusted": "the same, adjusted for all differences here",
}
#: Those that are computed one metric at a time.
_SINGLE = tuple(name for name in PARTS if name != "p_adjusted")
#: What identical estimates differ by: a value, error and interval of 0, and nothing to test.
_EQUAL = (0.0, 0.0, 0.0, 0.0, np.nan, 0.0)
METHOD = "MOVER of the two intervals by their correlation (Zou and Donner 2008)"


def compare(
    a: Result,
    b: Result,
    metrics: Sequence[str] | None = None,
    institutions: Sequence[str] | None = None,
    points: Sequence[int] | None = None,
    *,
    level: float = LEVEL,
    adjust: str = "holm",
    rerun: int = 0,
) -> xr.Dataset:
    """Say how two results differ, in their configurations and in every estimate that both have.

    Points are matched by the values of all that either design varies, institutions and metrics by name.

    Parameters
    ----------
    a, b
        Results: Datasets, output directories of runs, or the result.zarr in them. Differences are B minus A.
    metrics, institutions
        Names; all that both have by default.
    points
        Numbers of design points of A; all that B has too by default.
    level
        Confidence level of intervals, each of which holds for itself, and of what is claimed of all together.
    adjust
        How p values allow for one another, over all differences of the answer: "holm", "bh" or "none", see
        `csmc.estimate.between.adjusted`.
    rerun
        Where institutions differ in their rules and nothing else does, simulate both again on the same crises, so many
        replicates: these differences are then paired, and values are those of these replicates.

    Returns
    -------
    Per point, institution and metric the variables of `PARTS`, and decided, 1 where the adjusted p value is at most
    1 - level; per point and institution kind (see `csmc.analysis.matching.MEANING`), replicates_a and replicates_b.
    point_b is the number in B of each point. Per change of the configuration its path, and a and b as JSON. What has no
    estimate is missing, and what is identical is not tested: its p value is missing too.

    Raises
    ------
    StoreError
        One of the two is no result, or they count the same crises differently.
    ParameterError
        A name or point that one of them does not have, a level or method that there is not, or a number of replicates
        that is negative, or none of whole groups.
    CsmcError
        The two have no metric, institution or point in common, or `rerun` has nothing to simulate.
    """
    require_level(level)
    require("method of adjustment", adjust, ADJUSTMENTS, of="command")
    sides = side(a), side(b)
    question = _Question(
        _common("metric", [list(_metrics(one)) for one in sides], metrics),
        _common("institution", [one.names for one in sides], institutions),
        level,
    )
    match = _chosen(matched(*sides), points)
    answer = _Answer.of(*sides, match, question)
    if rerun:
        answer.rerun(*sides, rerun)
    return answer.dataset(*sides, adjust)


@dataclass(frozen=True)
class _Question:
    metrics: list[str]
    institutions: list[str]
    level: float


def _metrics(one: Side) -> Iterator[str]:
    """What has been estimated, and by which this csmc knows what is possible."""
    return (name for name in METRICS if f"{name}_low" in one.result)


def _common(kind: str, both: Sequence[Sequence[str]], chosen: Sequence[str] | None) -> list[str]:
    for name in chosen or ():
        for which, known in zip("AB", both, strict=True):
            require(kind, name, known, of=f"result {which}")
    common = [name for name in both[0] if name in both[1] and (not chosen or name in chosen)]
    if not common:
        raise CsmcError(f"no {kind} is in both results: one has {', '.join(both[0])}; the other {', '.join(both[1])}")
    return common


def _chosen(match: Match, points: Sequence[int] | None) -> Match:
    if points is None:
        return match
    for number in points:
        if number not in match.a:
            raise ParameterError(f"point {number} of A is no point of B; {len(match.a)} points are in both")
    kept = np.isin(match.a, points)
    return Match(match.a[kept], match.b[kept])


@dataclass
class _Answer:
    """What is known so far. kinds and replicates (point, institution); the parts (point, institution, metric)."""

    question: _Question
    match: Match
    kinds: NDArray[np.object_]
    replicates: list[NDArray[np.int64]]
    parts: dict[str, Floats] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, a: Side, b: Side, match: Match, question: _Question) -> "_Answer":
        shape = len(match.a), len(question.institutions)
        replicates = [
            np.broadcast_to(one.result["replicates"].values[which, None], shape).copy()
            for one, which in ((a, match.a), (b, match.b))
        ]
        answer = cls(question, match, kinds(a, b, match, question.institutions), replicates)
        answer.parts = {
            name: np.full((*shape, len(question.metrics)), np.nan) for name in PARTS if name != "p_adjusted"
        }
        for place, name in enumerate(question.metrics):
            answer._estimate(a, b, METRICS[name], place)
        answer.notes += _warnings(a, b)
        return answer

    def _estimate(self, a: Side, b: Side, metric: Metric, place: int) -> None:
        """Fill in a metric from what the two results have."""
        n, m = self.replicates
        units = (n / a.group, m / b.group)
        level = self.question.level
        here = _known(a, metric, self.match.a, self.question.institutions, level, units[0])
        there = _known(b, metric, self.match.b, self.question.institutions, level, units[1])
        correlation = self._correlation(here, there, controlled=bool(a.result.attrs.get("controls", 0)))
        found = between(there, here, correlation, np.minimum(*units), level)
        equal = (self.kinds == Kind.IDENTICAL) & np.isfinite(here.value)
        certain = Between(
            *(np.where(equal, end, part) for end, part in zip((0, 0, 0, 0, np.nan, 0), found, strict=True))
        )
        self._fill(place, here.value, there.value, certain)

    def _correlation(self, here: Known, there: Known, *, controlled: bool) -> Floats:
        n, m = self.replicates
        larger, smaller = (
            Known(*(np.where(n > m, *pair) for pair in zip(*order, strict=True)))
            for order in ((here, there), (there, here))
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.minimum(n, m) / np.maximum(n, m)
        nested = nested_correlation(larger, smaller, share, controlled=controlled)
        independent = np.where(self.kinds == Kind.INDEPENDENT, 0.0, -1.0)
        return np.where(self.kinds == Kind.NESTED, nested, independent)

    def _fill(self, place: int, here: Floats, there: Floats, found: Between, where: Any = ...) -> None:
        told = (here, there, *found[:4], found.standardised, found.p)
        for name, values in zip(_SINGLE, told, strict=True):
            self.parts[name][..., place][where] = values

    def rerun(self, a: Side, b: Side, replicates: int) -> None:
        """Put paired differences in the place of those that can be."""
        group = a.group
        if replicates < 2 * group or replicates % group:
            raise ParameterError(f"rerun={replicates} is no number of replicates from {2 * group} on in whole groups")
        cells = [cell for cell in np.argwhere(self.kinds == Kind.SHARED).tolist() if self._meeting(a, b, *cell)]
        if not cells:
            raise CsmcError(
                "nothing can be simulated together: that takes points with the same parameters and seed, and an "
                "institution with other rules, both from runs whose stores this csmc understands"
            )
        meetings = [meeting for cell in cells if (meeting := self._meeting(a, b, *cell))]
        chosen = [METRICS[name] for name in self.question.metrics]
        for (row, column), moments in zip(cells, together(meetings, chosen, replicates), strict=True):
            for place, metric in enumerate(chosen):
                level = self.question.level
                values, pair = estimate(metric, moments, level), Pairs(np.array([0]), np.array([1]))
                difference = differences(metric, moments, pair, level)
                units = np.array([[moments.units[0]]], dtype=np.float64)
                found = tested(Known(*difference[:4]), units, level)
                single = Between(*(part[0, 0] for part in found))
                self._fill(place, *_two(values), single, (row, column))
            self.kinds[row, column] = Kind.PAIRED
            for counts in self.replicates:
                counts[row, column] = replicates

    def _meeting(self, a: Side, b: Side, row: int, column: int) -> Meeting | None:
        if a.experiment is None or b.experiment is None:
            return None
        here, there = a.experiment.point(int(self.match.a[row])), b.experiment.point(int(self.match.b[row]))
        name = self.question.institutions[column]
        return Meeting(here, there, a.names.index(name), b.names.index(name)) if can_meet(here, there) else None

    def dataset(self, a: Side, b: Side, adjust: str) -> xr.Dataset:
        """The answer, labelled."""
        p_adjusted = adjusted(self.parts["p"], adjust)
        parts = self.parts | {"p_adjusted": p_adjusted}
        variables: dict[str, Any] = {name: (DIMS, parts[name], {"long_name": said}) for name, said in PARTS.items()}
        for end in ("difference_low", "difference_high"):
            variables[end][2].update(interval_method=METHOD, confidence_level=self.question.level)
        claim = {"long_name": "whether the difference can be claimed, adjusted for all differences here"}
        variables["decided"] = DIMS, (p_adjusted <= 1 - self.question.level).astype(np.int64), claim
        variables["kind"] = DIMS[:2], self.kinds.astype(str), {"long_name": "what the two estimates have in common"}
        for which, counts in zip("ab", self.replicates, strict=True):
            told = {"units": "1", "long_name": f"histories in {which.upper()}"}
            variables[f"replicates_{which}"] = DIMS[:2], counts, told
        documents = _document(a), _document(b)
        found = list(changes(*documents))
        for place, which in enumerate("ab"):
            texts = [json.dumps((change.one, change.other)[place], ensure_ascii=False) for change in found]
            variables[f"configuration_{which}"] = "change", np.array(texts, dtype=object)
        labels = {
            "change": np.array([change.path for change in found], dtype=object),
            "institution": self.question.institutions,
            "metric": self.question.metrics,
            **_points(a, b, self.match),
        }
        return xr.Dataset(variables, labels, self._attributes(a, b, adjust, same(*documents)))

    def _attributes(self, a: Side, b: Side, adjust: str, alike: int) -> dict[str, Any]:
        told: dict[str, Any] = {"confidence_level": self.question.level, "adjust": adjust}
        told["differences"] = int(np.isfinite(self.parts["p"]).sum())
        told["configuration_same"] = alike
        for which, one in (("a", a), ("b", b)):
            told[f"title_{which}"] = one.title
            told[f"points_{which}"] = one.result.sizes["point"]
            for name in ("digest", "stream_version", "csmc_version"):
                told[f"{name}_{which}"] = one.result.attrs.get(name, "")
        present = [kind for kind in Kind if (self.kinds == kind).any()]
        return told | {f"kind_{kind}": MEANING[kind] for kind in present} | {"notes": self.notes}


def _two(values: Estimate) -> tuple[Floats, Floats]:
    """The value in A, which is the second of a meeting, and in B."""
    return values.value[0, 1], values.value[0, 0]


def _known(
    one: Side, metric: Metric, points: NDArray[np.int64], institutions: Sequence[str], level: float, units: Floats
) -> Known:
    """A metric as a result has it, with an interval of this level."""
    chosen = one.result[[metric.name + end for end in ("", "_se", "_low", "_high")]]
    chosen = chosen.isel(point=points).sel(institution=list(institutions)).transpose("point", "institution").load()
    stored = float(chosen[f"{metric.name}_low"].attrs.get("confidence_level", LEVEL))
    known = Known(*(chosen[metric.name + end].values for end in ("", "_se", "_low", "_high")))
    high = metric.high if isinstance(metric.high, float) else np.inf
    return at_level(known, stored, level, units, metric.low, high)


def _points(a: Side, b: Side, match: Match) -> dict[str, Any]:
    """The numbers of the points in both, and the values of what varies."""
    labels: dict[str, Any] = {
        "point": ("point", match.a, {"units": "1", "long_name": "design point of A"}),
        "point_b": ("point", match.b, {"units": "1", "long_name": "the same point in B"}),
    }
    for one, which in ((b, match.b), (a, match.a)):
        for name in one.varied.values():
            column = one.result[name]
            labels[name] = ("point", column.values[which], column.attrs)
    return labels


def _document(one: Side) -> dict[str, Any]:
    """What is compared of a configuration: all that can change a number, or what is estimated."""
    document = {key: value for key, value in one.resolved.items() if key not in _LEFT_OUT}
    document["outputs"] = {key: value for key, value in document.get("outputs", {}).items() if key != "path"}
    if one.experiment is not None:
        document["tables"] = one.experiment.identity()["tables"]
    return document


def _warnings(a: Side, b: Side) -> list[str]:
    """What a reader has to know of the two before any number."""
    found = []
    versions = [one.result.attrs.get("stream_version") for one in (a, b)]
    if versions[0] != versions[1]:
        found.append(
            f"stream versions differ ({versions[0]} and {versions[1]}): the same configuration may count otherwise in "
            "each, and nothing is known to be the same crisis"
        )
    methods = [str(one.result.attrs.get("csmc_version")) for one in (a, b)]
    if methods[0] != methods[1]:
        found.append(f"versions of csmc differ ({methods[0]} and {methods[1]}): so may their intervals")
    for which, one in (("A", a), ("B", b)):
        if not one.result.attrs.get("complete", 1):
            found.append(f"{which} is partial")
    return found
