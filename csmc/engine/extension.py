"""Going on with an output whose design has grown: a point is known by its key, whatever its number was."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from csmc.config import Experiment
from csmc.engine.block_file import BlockFile, Meaning
from csmc.errors import StoreError
from csmc.kernel.result import Integers

_ROW, _POINT = 0, 1


def sorted_out(
    files: Sequence[BlockFile], meaning: Meaning, experiment: Experiment, former: Collection[str]
) -> tuple[list[BlockFile], list[BlockFile], list[BlockFile]]:
    """Block files by what to do with them.

    Parameters
    ----------
    files
        Sound files in an output directory.
    meaning
        What its numbers are to mean from now on.
    experiment
        What is asked for.
    former
        The SHA-256 of earlier specifications of the same output.

    Returns
    -------
    Files that are as they should be; those of an earlier design, their spans renumbered as in this one; and those that
    are of another experiment.

    Raises
    ------
    StoreError
        The design does not have all the points at which work has been done.
    """
    current: list[BlockFile] = []
    renumbered: list[BlockFile] = []
    foreign: list[BlockFile] = []
    numbers: dict[bytes, int] | None = None
    for file in files:
        if file.belongs_to(meaning, experiment.n_points):
            current.append(file)
        elif file.meaning.kind == meaning.kind and file.meaning.spec != meaning.spec:
            numbers = _numbers(experiment) if numbers is None else numbers
            spans = _renumbered(file, numbers)
            if spans is not None:
                renumbered.append(replace(file, spans=spans))
            elif file.meaning.spec in former:
                raise StoreError(
                    f"{file.path.parent.parent} holds points that the design asked for does not have; a design can "
                    "grow but not shrink or change (with independent seeding each point must also keep its place): "
                    "keep all its points, or choose another output. Nothing has been changed"
                )
            else:
                foreign.append(file)
        else:
            foreign.append(file)
    return current, renumbered, foreign


def _numbers(experiment: Experiment) -> dict[bytes, int]:
    """The number of each point by its key; of points that are the same, the first."""
    numbers: dict[bytes, int] = {}
    for number in range(experiment.n_points):
        numbers.setdefault(experiment.point(number).key, number)
    return numbers


def _renumbered(file: BlockFile, numbers: dict[bytes, int]) -> Integers | None:
    """The spans of a file with the points' new numbers; None if some point is not there."""
    found = [numbers.get(key.tobytes(), -1) for key in file.work().keys]
    spans = file.spans.copy()
    spans[:, _POINT] = np.array(found)[spans[:, _ROW]]
    return spans if min(found) >= 0 else None
