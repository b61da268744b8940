"""`dataset.csmc.plot`: the figures of the report, one at a time, for notebooks; edit to add one.

Each method returns a matplotlib figure, which a notebook shows and `savefig` writes.
"""

from collections.abc import Sequence
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from csmc.analysis import boundary
from csmc.analysis.refusals import require
from csmc.errors import CsmcError, ParameterError
from csmc.report.bars import difference_dots, outcome_bars
from csmc.report.boundary import boundary_panels
from csmc.report.curves import curves, metric_curves
from csmc.report.figures import computed
from csmc.report.maps import difference_maps
from csmc.report.spread import difference_spread
from csmc.report.style import styled
from csmc.results.tidy import metric_names


class Plots:
    """Figures of a result. Points at which nothing has run are left out.

    All methods raise ParameterError for a name that the result does not have, and CsmcError where the design does not
    fit the figure; the error names the figure that does.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def outcomes(self, point: int | None = None) -> Figure:
        """How crises end under each institution at a design point, by number; the only one by default."""
        shown = self._shown()
        if point is None and shown.sizes["point"] != 1:
            raise ParameterError(f"the result has {shown.sizes['point']:,} points: say of which one, as in outcomes(0)")
        known = shown["point"].values.tolist()
        if point is not None and point not in known:
            raise ParameterError(f"point {point} is not among the {len(known):,} points that have run")
        with styled():
            return outcome_bars(shown if point is None else shown.sel(point=[point]))

    def curves(self, metric: str | None = None) -> Figure:
        """A metric and its difference from the reference, or the main metrics, along the parameter that varies."""
        self._check(metric)
        self._check_design(1, "curves are of one parameter that varies")
        shown = self._shown()
        with styled():
            return curves(shown) if metric is None else metric_curves(shown, metric)

    def map(self, metric: str = "war", institutions: Sequence[str] | None = None) -> Figure:
        """The difference from the reference over the two parameters that vary, a map for each institution."""
        self._check(metric)
        self._check_design(2, "a map is of two parameters that vary")
        shown = self._of(institutions)
        with styled():
            return difference_maps(shown, metric)

    def differences(self, metric: str = "war", institutions: Sequence[str] | None = None) -> Figure:
        """The differences from the reference with their intervals: at the only point, or at all in order of size."""
        self._check(metric)
        shown = self._of(institutions)
        with styled():
            return difference_dots(shown, metric) if shown.sizes["point"] == 1 else difference_spread(shown, metric)

    def boundary(self, institution: str, other: str, along: str, metric: str = "war") -> Figure:
        """Where along a parameter the better of two institutions changes; see `csmc.analysis.boundary`."""
        source = self._dataset.encoding.get("source")
        if source is None:
            raise CsmcError("this Dataset has not been opened from an output; csmc.open_results opens one")
        found = boundary(Path(source).parent, metric, institution, other, along)
        with styled():
            return boundary_panels(found)

    def _shown(self) -> xr.Dataset:
        shown = computed(self._dataset)
        if not shown.sizes["point"]:
            raise CsmcError("no point has run yet; `csmc run` with the same configuration goes on")
        return shown

    def _of(self, institutions: Sequence[str] | None) -> xr.Dataset:
        """The points that have run with the reference and these institutions, in the order of the result."""
        known = [str(name) for name in self._dataset["institution"].values]
        for name in institutions or ():
            require("institution", name, known)
        reference = self._dataset.csmc.reference
        kept = [name for name in known if institutions is None or name in institutions or name == reference]
        if kept == [reference]:
            raise CsmcError(f"there is nothing to compare with {reference}: name another institution")
        return self._shown().sel(institution=kept)

    def _check(self, metric: str | None) -> None:
        if metric is not None:
            require("metric", metric, metric_names(self._dataset))

    def _check_design(self, parameters: int, rule: str) -> None:
        varied = self._dataset.csmc.design
        if len(varied) != parameters:
            told = f"{len(varied)}: {', '.join(varied)}" if varied else "none"
            raise CsmcError(f"{rule}, and here vary {told}; differences() draws any design")
