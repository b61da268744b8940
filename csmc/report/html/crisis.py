"""One crisis as an example, found by a rule that the page states; edit to choose another, or to tell more of it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from csmc.errors import CsmcError
from csmc.kernel.codes import Outcome
from csmc.kernel.result import Integers
from csmc.report.html.outcomes import Floats
from csmc.report.summary import point_title

#: So many episodes are looked at for a crisis, at most: a page should be there at once.
LOOKED_AT = 4_096


@dataclass(frozen=True)
class Crisis:
    """A crisis under two institutions.

    rule, where, setting: why it was chosen, its address, and what varies there. titles: the two institutions. facts:
    what each is about, what it is under each, and whether that differs. stories: what happened step by step, under
    each. command: what tells it again.
    """

    rule: str
    where: str
    setting: str
    titles: tuple[str, str]
    facts: tuple[tuple[str, tuple[str, ...], bool], ...]
    stories: tuple[tuple[tuple[str, str], ...], ...]
    command: str


def example(dataset: xr.Dataset, shares: Floats, points: Integers, output: str) -> Crisis | str:
    """Choose a crisis and play it again; a sentence that says why if there is none to tell.

    Parameters
    ----------
    dataset
        A result that has been opened from a file.
    shares
        Shares of episodes by outcome (point, institution, outcome).
    points
        Numbers of their design points.
    output
        The run's folder as commands that are shown name it.
    """
    from csmc import kernel

    source = dataset.encoding.get("source")
    if source is None:
        return "There is no example: this result is not in the folder of its run."
    if not kernel.is_cached():
        return f"There is no example: the kernel is not compiled on this machine yet. csmc replay {output} tells one."
    try:
        return _chosen(dataset, shares, points, Path(source).parent, output)
    except CsmcError as error:
        return f"There is no example: {error}"


def _chosen(dataset: xr.Dataset, shares: Floats, points: Integers, folder: Path, output: str) -> Crisis | str:
    from csmc.replay import compare, find, opened, play, story

    whom = _compared(dataset, shares)
    if whom is None:
        return "There is no example: it takes the reference, another institution, and a point that has run."
    one, other, place = whom
    titles = dataset.csmc.titles[one], dataset.csmc.titles[other]
    point, run = int(points[place]), opened(folder)
    wanted = {
        f"war and not war[{other}]": f"in which {titles[0]} has war and {titles[1]} has none",
        "challenge": f"with a challenge under {titles[0]}",
    }
    most = max(LOOKED_AT // int(run.experiment.point(point).record[0].episodes), 1)
    searches = (find(run, condition, one, point=point, within=most) for condition in wanted)
    search = next((search for search in searches if search.found), None)
    if search is None:
        return f"There is no example: no challenge in the first {most:,} replicates of point {point}."
    (replicate, episode), words = search.found[0], wanted[search.condition]
    episodes = play(run, [one, other], point=point, replicate=replicate, episode=episode)
    names = shlex.join([one, "--compare", other])
    return Crisis(
        rule=(
            f"The first crisis {words}, at the point where the wars that {titles[0]} has beyond those of {titles[1]} "
            f"are most frequent; {titles[1]} has least war of all but {titles[0]}, on average over the points."
        ),
        where=f"Point {point}, replicate {replicate}, episode {episode}",
        setting=point_title(dataset.isel(point=int(np.flatnonzero(dataset["point"].values == point)[0]))),
        titles=titles,
        facts=tuple((fact.about, fact.values, fact.differs) for fact in compare(episodes)),
        stories=tuple(tuple((step.about, " ".join(step.sentences)) for step in story(each)) for each in episodes),
        command=f"csmc replay {output} --point {point} --replicate {replicate} --episode {episode} "
        f"--institution {names}",
    )


def _compared(dataset: xr.Dataset, shares: Floats) -> tuple[str, str, int] | None:
    """The reference, the institution with least war of the others, and the place where it prevents most on balance."""
    names = [str(name) for name in dataset["institution"].values]
    reference = dataset.csmc.reference
    known = np.flatnonzero(np.isfinite(shares[:, 0, 0]))
    if reference not in names or len(names) < 2 or not len(known):
        return None
    war = shares[known][:, :, Outcome.BILATERAL_WAR :].sum(axis=2)
    at = names.index(reference)
    other = int(np.argmin(np.where(np.arange(len(names)) == at, np.inf, war.mean(axis=0))))
    return reference, names[other], int(known[np.argmax(war[:, at] - war[:, other])])
