"""Going on with an output that grows: a point is known by its key, whatever its number was, an institution by its name.

Edit here to change what may be added to an output, and in which words the rest is refused.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.engine import spec
from csmc.engine.block_file import BlockFile, Meaning, open_blocks
from csmc.engine.index import Index
from csmc.errors import StoreError
from csmc.kernel.result import Integers

_ROW, _POINT = 0, 1


class Form(NamedTuple):
    """What the rows of a block file are: those of the whole experiment, or of it with fewer institutions."""

    meaning: Meaning
    institutions: tuple[int, ...]  #: whose columns they have, by their numbers in the experiment


class Found(NamedTuple):
    """The block files of a directory by what to do with them, and what has finished by those that are fit."""

    current: list[BlockFile]
    renumbered: list[BlockFile]  #: of an earlier design, the points numbered as in this one
    unfit: list[Path]
    former: list[str]  #: SHA-256 of earlier specifications
    narrower: list[list[str]]  #: earlier lists of institutions
    forms: list[Form]
    begun: Index  #: what has finished under all institutions, or some

    @property
    def wide(self) -> list[BlockFile]:
        """The fit files of all institutions."""
        kind = self.forms[0].meaning.kind
        return [file for file in [*self.current, *self.renumbered] if file.meaning.kind == kind]

    @property
    def has_narrow(self) -> bool:
        """Whether there are fit files of fewer institutions."""
        return len(self.wide) < len(self.current) + len(self.renumbered)


def found(
    output: Path, blocks: Path, experiment: Experiment, asked: dict[str, Any], stored: dict[str, Any] | None
) -> Found:
    """What the block files of an output, in the folder `blocks`, are to an experiment; nothing is changed.

    `asked` is the specification of the experiment, `stored` what spec.json holds, if there is one.

    Raises
    ------
    StoreError
        More replicates of a point than are asked for, or points that are not.
    """
    former = [*stored["former"], stored["sha256"]] if stored else []
    former = [digest for digest in dict.fromkeys(former) if digest != spec.spec_digest(asked)]
    lists = [*stored["narrower"], spec.names(stored["specification"])] if stored else []
    narrower = [list(names) for names in dict.fromkeys(map(tuple, lists)) if list(names) != spec.names(asked)]
    forms = forms_of(asked, narrower)
    files, damaged = open_blocks(blocks)
    current, renumbered, foreign = sorted_out(files, forms, experiment, former)
    begun = Index([*current, *renumbered])
    if begun.longest > experiment.sampling.most:
        raise StoreError(
            f"{output} already has {begun.longest:,} replicates of a point, more than the "
            f"{experiment.sampling.most:,} asked for: ask for at least as many, or choose another output"
        )
    return Found(current, renumbered, [*damaged, *(file.path for file in foreign)], former, narrower, forms, begun)


def forms_of(asked: dict[str, Any], narrower: Iterable[Sequence[str]]) -> list[Form]:
    """The forms that the files of an output may have: first that of its specification, then those of fewer names."""
    numbers = {name: number for number, name in enumerate(spec.names(asked))}
    return [
        Form(spec.meaning(spec.of_some(asked, chosen)), tuple(numbers[name] for name in chosen))
        for chosen in [list(numbers), *narrower]
    ]


def sorted_out(
    files: Sequence[BlockFile], forms: Sequence[Form], experiment: Experiment, former: Collection[str]
) -> tuple[list[BlockFile], list[BlockFile], list[BlockFile]]:
    """Block files by what to do with them.

    Parameters
    ----------
    files
        Sound files in an output directory.
    forms
        What their numbers are to mean from now on.
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
    of_kind = {form.meaning.kind: form for form in forms}
    numbers = _numbers(experiment)
    for file in files:
        form = of_kind.get(file.meaning.kind)
        if form and file.belongs_to(form.meaning, experiment.n_points):
            current.append(file)
        elif form and file.meaning.spec != form.meaning.spec:
            spans = _renumbered(file, numbers(form.institutions))
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


def refusal(stored: dict[str, Any], asked: dict[str, Any]) -> str | None:
    """Why an output of the specification `stored` cannot become one of `asked`, and what to do; None if it can."""
    lines = spec.difference(spec.without_design(stored, asked), spec.without_design(asked, stored))
    if not lines:
        return None
    there, wanted = spec.names(stored), spec.names(asked)
    if there == wanted or not set(there) <= set(wanted):
        return f"{lines}\n{_GENERAL}"
    same = spec.of_some(asked, there)
    if spec.difference(spec.without_design(stored, same), spec.without_design(same, stored)):
        return f"{lines}\n{_GENERAL}"
    if stored["tallies"]["joint"] != "none":
        return f"{lines}\n{_JOINT}"
    if spec.difference(stored, same):
        return f"{lines}\n  design: stored another one\n{_BOTH}"
    return None


_GENERAL = (
    "nothing has been changed. More replicates (or another precision, where points end at one), more points and, with "
    "outputs.joint: none, more institutions can be added to an output, but nothing else: its institutions and its "
    "reference stay what they are. Choose another output, or delete that one"
)
_JOINT = (
    "nothing has been changed. Institutions can be added, or named in another order, only in an output with "
    "outputs.joint: none, because joint tables and war patterns are counted on the same episodes: choose another "
    "output, with outputs.joint: none if it is to be extended in turn"
)
_BOTH = (
    "nothing has been changed. Institutions and points cannot be added at once: run the stored design with the new "
    "institutions first, then the new design"
)


def _numbers(experiment: Experiment) -> Callable[[tuple[int, ...]], dict[bytes, int]]:
    """The number of each point by its key among some institutions; of points that are the same, the first."""

    @cache
    def numbers(institutions: tuple[int, ...]) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for number in range(experiment.n_points):
            found.setdefault(experiment.point(number).key_among(institutions), number)
        return found

    return numbers


def _renumbered(file: BlockFile, numbers: dict[bytes, int]) -> Integers | None:
    """The spans of a file with the points' new numbers; None if some point is not there."""
    found = [numbers.get(key.tobytes(), -1) for key in file.work().keys]
    spans = file.spans.copy()
    spans[:, _POINT] = np.array(found)[spans[:, _ROW]]
    return spans if min(found) >= 0 else None
