"""`dataset.csmc`: what a result can do beyond a plain xarray Dataset."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import csmc
from csmc.errors import CsmcError
from csmc.institutions.record import title_of
from csmc.results.page import result_table

if TYPE_CHECKING:
    from csmc.replay import Moves, Search


@xr.register_dataset_accessor("csmc")  # type: ignore[no-untyped-call]
class Results:
    """Views of a result; reached as `dataset.csmc`."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def _repr_html_(self) -> str:
        """What a notebook shows: of what the result is, whether it is complete, and how much war there is."""
        return result_table(self._dataset)

    @property
    def reference(self) -> str:
        """The institution against which differences are taken."""
        return str(self._dataset.attrs["reference"])

    @property
    def reference_title(self) -> str:
        """What readers call the reference."""
        return self.titles.get(self.reference, title_of(self.reference))

    @property
    def titles(self) -> dict[str, str]:
        """What readers call the institutions, by name."""
        names, titles = (self._dataset[label].values for label in ("institution", "institution_title"))
        return {str(name): str(title) for name, title in zip(names, titles, strict=True)}

    @property
    def design(self) -> tuple[str, ...]:
        """Names of the varied parameters' coordinates, in the order of the design."""
        paths = json.loads(self._dataset.attrs.get("design", "[]"))
        by_path = {coordinate.attrs.get("path", name): str(name) for name, coordinate in self._dataset.coords.items()}
        return tuple(by_path[path] for path in paths)

    def replay(self, institution: str, *, point: int = 0, replicate: int = 0, episode: int = 0) -> "Moves":
        """Play one episode of the run that the result is of again, move by move; see `csmc.replay.replay`."""
        from csmc.replay import replay  # loads the compiler, which a result does not need

        return replay(self._output, institution, point=point, replicate=replicate, episode=episode)

    def find(
        self, condition: str, institution: str | None = None, *, point: int = 0, first: int = 1, start: int = 0
    ) -> "Search":
        """Look for episodes of the run that the result is of; see `csmc.replay.find`."""
        from csmc.replay import find

        return find(self._output, condition, institution, point=point, first=first, start=start)

    @property
    def plot(self) -> "csmc.report.Plots":
        """Figures of the result, one at a time; see `csmc.report.Plots`."""
        return csmc.report.Plots(self._dataset)  # by the front door: matplotlib is loaded when a figure is asked for

    @property
    def _output(self) -> Path:
        """The output directory of the run; CsmcError if the Dataset is not of a file."""
        if "source" not in self._dataset.encoding:
            raise CsmcError("this Dataset has not been opened from an output; csmc.open_results opens one")
        return Path(self._dataset.encoding["source"]).parent

    def grid(self, *names: str) -> xr.Dataset:
        """Return the design as a cube with one dimension per varied parameter in place of `point`.

        Parameters
        ----------
        names
            The coordinates that become dimensions; all that vary if none is named.

        Raises
        ------
        CsmcError
            A name is no parameter that varies, or the points are not one full grid of these parameters.
        """
        axes = names or self.design
        if unknown := [name for name in axes if name not in self.design]:
            raise CsmcError(f"{unknown[0]!r} does not vary in this design; what varies: {', '.join(self.design)}")
        if not axes:
            return self._dataset.isel(point=0)
        levels = {name: _levels(self._dataset[name].values) for name in axes}
        sizes = {name: len(levels[name]) for name in axes}
        codes = [_codes(self._dataset[name].values, levels[name]) for name in axes]
        points = self._dataset.sizes["point"]
        full = points == math.prod(sizes.values())  # of a large sample, more than an array could have
        flat = np.ravel_multi_index(codes, tuple(sizes.values())) if full else np.empty(0)
        if len(np.unique(flat)) != points:
            raise CsmcError(
                f"the design's {points} points are no full grid of {', '.join(axes)}; "
                "name the parameters that form one, or select points first"
            )
        ordered = self._dataset.isel(point=np.argsort(flat))
        axes_coordinates = {name: (name, levels[name], self._dataset[name].attrs) for name in axes}
        return _unstack(ordered, sizes).assign_coords(axes_coordinates).transpose(*axes, ...)


def _levels(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the different values: numbers ascending, text in order of appearance."""
    levels, first = np.unique(values, return_index=True)
    return levels if np.issubdtype(values.dtype, np.number) else levels[np.argsort(first)]


def _codes(values: np.ndarray[Any, Any], levels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    positions = {level: position for position, level in enumerate(levels.tolist())}
    return np.array([positions[value] for value in values.tolist()])


def _unstack(dataset: xr.Dataset, sizes: dict[str, int]) -> xr.Dataset:
    """Reshape the dimension `point`, whose order is that of the grid."""
    kept = dataset.drop_vars(list(sizes))
    unstacked = {
        name: variable.to_base_variable().unstack(point=sizes) if "point" in variable.dims else variable
        for name, variable in kept.variables.items()
    }
    coordinates = {str(name): unstacked.pop(name) for name in kept.coords}
    return xr.Dataset(unstacked, coords=coordinates, attrs=dataset.attrs)
