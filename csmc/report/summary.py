"""The comparison as a table and an answer in words: what a reader wants to know first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from csmc.analysis.figures import LEAST_GAIN
from csmc.report.footing import footing
from csmc.report.gains import CONTROLS, REPLICATION, gain_notes
from csmc.report.verdict import Divide, Verdict, as_data, least_war, verdicts
from csmc.report.words import MISSING, interval, percent, points, setting
from csmc.results import refuse_other_stream

#: A design of at most this many points gets one table per point.
FEW_POINTS = 6

#: Columns of shares: metric and heading.
COLUMNS = (
    ("peace", "peace"),
    ("war", "war"),
    ("general_war", "general war"),
    ("war_given_challenge", "war if challenged"),
    ("challenge", "challenge"),
    ("concession", "concession"),
    ("participation", "participation"),
    ("veto", "veto"),
)


@dataclass(frozen=True)
class Table:
    """Headings and rows of text; the first column names the institution."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Summary:
    """What a result says. `data` holds the verdicts as numbers."""

    title: str
    question: str
    tables: tuple[Table, ...]
    answer: tuple[str, ...]
    notes: tuple[str, ...]
    data: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        tables = [
            {"title": t.title, "columns": list(t.columns), "rows": [list(row) for row in t.rows]} for t in self.tables
        ]
        return {
            "title": self.title,
            "question": self.question,
            "answer": list(self.answer),
            "notes": list(self.notes),
            "tables": tables,
            "institutions": self.data,
        }


def summary(dataset: xr.Dataset) -> Summary:
    """Summarise a result.

    A few points get a table each. For many, the table shows the mean and the range over the design's points, without
    a standard error: the points share their draws, so they are not independent, and their mean describes the design,
    not the world. Verdicts are counted point by point.

    Raises
    ------
    StoreError
        The result has another stream version.
    """
    refuse_other_stream(dataset)
    needed = [metric for metric, _ in COLUMNS if metric in dataset] + _difference_names(dataset)
    counted = [name for name in ("replicates", "precision_reached") if name in dataset]
    small = dataset[[*needed, *counted]].load()
    judged = verdicts(small) if "war" in small else []
    lowest = least_war(small) if "war" in small else {}
    few = small.sizes["point"] <= FEW_POINTS
    tables = tuple(_point_tables(small)) if few else (_design_table(small, judged, lowest),)
    return Summary(
        title=str(dataset.attrs.get("title", "")),
        question=str(dataset.attrs.get("question", "")),
        tables=tables,
        answer=tuple(_answer(small, judged)),
        notes=(*_notes(small, few), *footing(dataset, [metric for metric, _ in COLUMNS])),
        data={verdict.institution: as_data(verdict) | {"least_war": lowest[verdict.institution]} for verdict in judged},
    )


def _difference_names(dataset: xr.Dataset) -> list[str]:
    names = ["war_difference", "war_difference_low", "war_difference_high", "war_se", "war_pairing_gain"]
    return [name for name in (*names, *REPLICATION, *CONTROLS) if name in dataset]


def _point_tables(dataset: xr.Dataset) -> Iterator[Table]:
    shown = [(metric, heading) for metric, heading in COLUMNS if metric in dataset]
    against = f"war against {dataset.csmc.reference_title}"
    columns = ("institution", *(heading for _, heading in shown), *([against] if "war" in dataset else []))
    for point in range(dataset.sizes["point"]):
        here = dataset.isel(point=point)
        rows = []
        for name, title in dataset.csmc.titles.items():
            row = here.sel(institution=name)
            cells = [percent(float(row[metric])) for metric, _ in shown]
            rows.append((title, *cells, *_difference_cell(row, name == dataset.csmc.reference)))
        yield Table(point_title(here), columns, tuple(rows))


def point_title(point: xr.Dataset) -> str:
    """Name a design point by the values of the parameters that vary."""
    return ", ".join(setting(point[name]) for name in point.csmc.design)


def _difference_cell(row: xr.Dataset, is_reference: bool) -> list[str]:
    if "war" not in row:
        return []
    if is_reference:
        return ["reference"]
    low, high = float(row["war_difference_low"]), float(row["war_difference_high"])
    return [f"{points(float(row['war_difference']))} {interval(low, high)}" if low == low else MISSING]


def _design_table(dataset: xr.Dataset, judged: list[Verdict], lowest: dict[str, int]) -> Table:
    shown = [(metric, heading) for metric, heading in COLUMNS if metric in dataset]
    by_name = {verdict.institution: verdict for verdict in judged}
    rows = []
    for name, title in dataset.csmc.titles.items():
        here = dataset.sel(institution=name)
        cells = [_mean_and_range(here[metric].values, spread=metric == "war") for metric, _ in shown]
        rows.append((title, *cells, *(_verdict_cells(by_name.get(name), lowest[name]) if judged else ())))
    verdict_columns = ("less / undecided / more war", "least war at") if judged else ()
    headings = (heading for _, heading in shown)
    return Table(
        f"mean over {dataset.sizes['point']} points", ("institution", *headings, *verdict_columns), tuple(rows)
    )


def _mean_and_range(values: np.ndarray[Any, Any], *, spread: bool) -> str:
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return MISSING
    mean = percent(float(finite.mean()))
    return f"{mean} ({percent(float(finite.min()))}–{percent(float(finite.max()))})" if spread else mean


def _verdict_cells(verdict: Verdict | None, lowest: int) -> tuple[str, str]:
    if verdict is None:
        return "reference", str(lowest)
    return f"{verdict.less.sum()} / {verdict.undecided} / {verdict.more.sum()}", str(lowest)


def _answer(dataset: xr.Dataset, judged: list[Verdict]) -> Iterator[str]:
    """Yield sentences, collective security first: it is what the comparison is about."""
    for verdict in sorted(judged, key=lambda verdict: verdict.institution != "collective_security"):
        if verdict.points == 0:
            yield f"{_subject(dataset, verdict)}: no point has been computed yet."
        elif verdict.points == 1:
            yield _point_sentence(dataset, verdict)
        else:
            yield (
                f"{_subject(dataset, verdict)} {_counts(dataset, verdict)}; {_extremes(dataset, verdict)}."
                + _where(dataset, verdict.divide)
            )


def _point_sentence(dataset: xr.Dataset, verdict: Verdict) -> str:
    point = int(np.flatnonzero(np.isfinite(verdict.difference))[0])
    row = dataset.isel(point=point).sel(institution=verdict.institution)
    low, high = float(row["war_difference_low"]), float(row["war_difference_high"])
    word = "less" if verdict.less.any() else "more" if verdict.more.any() else "not decidedly more or less"
    return (
        f"{_subject(dataset, verdict)} has {word} war than {dataset.csmc.reference_title}: "
        f"{points(float(row['war_difference']))} percentage points {interval(low, high)}."
    )


def _counts(dataset: xr.Dataset, verdict: Verdict) -> str:
    reference, of = dataset.csmc.reference_title, verdict.points
    less, more = int(verdict.less.sum()), int(verdict.more.sum())
    for count, claim in ((less, "less war than"), (more, "more war than")):
        if count == of:
            return f"has {claim} {reference} at all {of} points"
    if verdict.undecided == of:
        return f"cannot be told from {reference} at any of {of} points"
    return f"has less war than {reference} at {less} of {of} points, more at {more}, undecided at {verdict.undecided}"


def _extremes(dataset: xr.Dataset, verdict: Verdict) -> str:
    """Say between which differences the points lie, and where."""
    low, high = int(np.nanargmin(verdict.difference)), int(np.nanargmax(verdict.difference))
    least, most = (points(float(verdict.difference[point])) for point in (low, high))
    if least == most:
        return f"the difference is {least} percentage points"
    at_low, at_high = (point_title(dataset.isel(point=point)) for point in (low, high))
    return f"the difference goes from {least} percentage points ({at_low}) to {most} ({at_high})"


def _where(dataset: xr.Dataset, divide: Divide | None) -> str:
    if divide is None:
        return ""
    first, second = ("less", "more") if divide.less_below else ("more", "less")
    path = dataset[divide.parameter].attrs.get("path", divide.parameter)
    return (
        f" What divides them best is {path}: up to {divide.last_below:g}, {first} war at {divide.below[0]} of "
        f"{divide.below[1]} points; from {divide.first_above:g}, {second} at {divide.above[0]} of {divide.above[1]}."
    )


def _notes(dataset: xr.Dataset, few: bool) -> Iterator[str]:
    replicates = dataset["replicates"].values
    asked = int(dataset.attrs.get("replicates_planned", replicates.max()))
    yield (
        "All numbers are per cent; differences, in percentage points, are paired: every institution meets the same "
        f"crises. Brackets are 95 % intervals from {_count(replicates)} replicates a point."
    )
    yield from _costly_pairing(dataset)
    yield from gain_notes(dataset)
    if not few:
        yield "Means are over the points of the design, which share their draws: they describe the design, no more."
    if dataset.sizes["point"] > 1:
        yield "Each point's interval holds for itself: where nothing differs, one point in twenty is decided by chance."
    yield "The intervals cover Monte Carlo error only, neither the parameters' uncertainty nor the model's."
    yield from _precision(dataset)
    if not dataset.attrs.get("complete", 1):
        done = int(((replicates >= asked) | _reached(dataset)).sum())
        of = "replicates" if "precision_reached" not in dataset else "replicates, or the precision asked for"
        yield f"INCOMPLETE: {done} of {len(replicates)} points have all their {asked:,} {of}."


def _count(replicates: np.ndarray[Any, Any]) -> str:
    """How many replicates points have, or from how many to how many."""
    least, most = int(replicates.min()), int(replicates.max())
    return f"{most:,}" if least in (0, most) else f"{least:,} to {most:,}"


def _reached(dataset: xr.Dataset) -> np.ndarray[Any, Any]:
    """Whether each point has reached a precision that was asked for."""
    if "precision_reached" not in dataset:
        return np.zeros(dataset.sizes["point"], dtype=bool)
    return np.asarray(dataset["precision_reached"].values == 1)


def _precision(dataset: xr.Dataset) -> Iterator[str]:
    """Say where the precision that was asked for is reached."""
    if "precision_reached" not in dataset:
        return
    reached, most = _reached(dataset), int(dataset.attrs["replicates_planned"])
    stopped = int((~reached & (dataset["replicates"].values >= most)).sum())
    rest = f"; {stopped} ended at max_replicates = {most:,}" if stopped else ""
    yield (
        f"Precision reached at {int(reached.sum())} of {len(reached)} points{rest}. It decided how many replicates a "
        "point has; each interval is widened so that it holds its 95 % all the same."
    )


def _costly_pairing(dataset: xr.Dataset) -> Iterator[str]:
    """Name the institutions whose war difference separate crises would tell better than shared ones."""
    if "war_pairing_gain" not in dataset:
        return
    for name, title in dataset.csmc.titles.items():
        gains = dataset["war_pairing_gain"].sel(institution=name).values
        worse = gains < LEAST_GAIN  # missing for the reference, and where nothing differs
        if worse.any():
            times = 1 / gains[worse].min()
            yield (
                f"WARNING: shared crises make the war difference of {title} less precise than separate ones would at "
                f"{int(worse.sum())} of {len(gains)} points; its variance is up to {times:.2g} times theirs."
            )


def _subject(dataset: xr.Dataset, verdict: Verdict) -> str:
    """The institution as the first word of a sentence."""
    title = dataset.csmc.titles[verdict.institution]
    return str(title[:1].upper() + title[1:])
