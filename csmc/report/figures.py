"""The figures that fit a design: bars for one point, curves for one parameter, maps for two, points for more."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from csmc.errors import CsmcError
from csmc.report.bars import outcome_bars
from csmc.report.curves import curves
from csmc.report.maps import difference_maps
from csmc.report.spread import difference_spread
from csmc.report.style import USUAL, save, styled

Drawing = Callable[[xr.Dataset], Figure]


def figures(dataset: xr.Dataset, directory: str | Path, formats: Sequence[str] = USUAL) -> list[Path]:
    """Draw what the design asks for and return the paths of the files.

    Parameters
    ----------
    dataset
        A result, as `csmc.open_results` gives it.
    directory
        Where to write; made if it does not exist.
    formats
        Of the files: png, svg, pdf.

    Raises
    ------
    ParameterError
        A format that there is not.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    dataset = computed(dataset)
    if dataset.sizes["point"] == 0:
        return []
    written: list[Path] = []
    with styled():
        for name, draw in _suited(dataset):
            written += save(draw(dataset), directory, name, formats)
    return written


def computed(dataset: xr.Dataset) -> xr.Dataset:
    """The points of a result at which something has run."""
    return dataset.isel(point=np.flatnonzero(dataset["replicates"].values > 0))


def _suited(dataset: xr.Dataset) -> list[tuple[str, Drawing]]:
    drawings: list[tuple[str, Drawing]] = []
    has_war = "war" in dataset
    design = dataset.csmc.design
    if dataset.sizes["point"] == 1:
        drawings.append(("outcomes", outcome_bars))
    elif len(design) == 1:
        drawings.append(("curves", curves))
    elif has_war and len(design) == 2 and _is_grid(dataset) and dataset.sizes["institution"] > 1:
        drawings.append(("war_difference_map", difference_maps))
    elif has_war and dataset.sizes["institution"] > 1:
        drawings.append(("war_difference", difference_spread))
    return drawings


def _is_grid(dataset: xr.Dataset) -> bool:
    try:
        dataset.csmc.grid()
    except CsmcError:
        return False
    return True
