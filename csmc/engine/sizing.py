"""How long the next task should take. Edit here to change it; no length of a task changes a result.

Long enough that handing tasks out costs little, short enough that every core has work to the end.
"""

from collections.abc import Callable

#: Up to so many tasks in flight, tasks have the engine's own length. Where there are more, tasks are longer in
#: proportion, so that the one driver never hands out more in a second.
FEW_PLACES = 32
#: Tasks grow to so many times the engine's own length, and shrink at the end of a run to this part of it.
LONGEST, SHORTEST = 60.0, 0.1
#: So many tasks of this length have to be left for every place.
LEFT_TO_SHARE = 3.0
#: How much of what was learnt from earlier tasks counts once another has finished.
MEMORY = 0.9
#: Bounds of how many times the planned time a task takes: beyond them it is the clock that is wrong.
PACES = (1e-3, 1e3)


def task_length(usual: float, places: int, left: float) -> float:
    """Seconds that the next task should take.

    Parameters
    ----------
    usual
        The engine's own length of a task (seconds): 0.5 on Ray, so that tasks grow to 30; 0.2 on threads.
    places
        How many tasks are in flight together, at least 1: somewhat more than there are cores.
    left
        Work that nobody has begun (seconds of one core).
    """
    grown = usual * min(max(places / FEW_PLACES, 1.0), LONGEST)
    return max(min(grown, left / (LEFT_TO_SHARE * places)), SHORTEST * usual)


class Sizes:
    """Lengths of the tasks of one run in planned seconds, corrected by how long tasks really take."""

    def __init__(self, usual: float, places: Callable[[], int]) -> None:
        self._usual, self._places = usual, places
        self._planned = self._taken = 0.0

    @property
    def pace(self) -> float:
        """Seconds that tasks have lately taken for each second that was planned; 1 before any has finished."""
        if not self._planned:
            return 1.0
        return min(max(self._taken / self._planned, PACES[0]), PACES[1])

    def learn(self, planned: float, taken: float) -> None:
        """Note that a task has taken so many seconds; a slow node and a costly corner of a design look the same."""
        self._planned = MEMORY * self._planned + planned
        self._taken = MEMORY * self._taken + taken

    def next(self, left: float) -> float:
        """Planned seconds of the next task, where so many planned seconds of work are left."""
        pace = self.pace
        return task_length(self._usual, max(self._places(), 1), left * pace) / pace
