"""Processes under which intervals of clustered episodes are tried: rare and common, weakly and strongly clustered."""

from tests.intervals.histories import Cell, Process

QUIET, CHEAP, DEAR, WAR = Cell.QUIET, Cell.CHEAP, Cell.DEAR, Cell.WAR
HELPED, BACKED, SPARED, FACED = Cell.HELPED, Cell.BACKED, Cell.SPARED, Cell.FACED

_PEACE = {(QUIET, QUIET): 1.0}
_DETERRED = {(WAR, WAR): 0.7, (QUIET, WAR): 0.3}
_CONDITIONAL = ("war", "war_given_challenge", "settlement")


def _deterred(name: str, mean: float, correlation: float) -> Process:
    """All episodes of a tense history are wars; the other institution prevents three in ten."""
    return Process(name, _PEACE, _DETERRED, mean, correlation, ("war",))


PROCESSES = (
    _deterred("rare wars, strongly clustered", 0.005, 0.3),
    _deterred("rare wars, weakly clustered", 0.005, 0.02),
    _deterred("wars, weakly clustered", 0.1, 0.02),
    _deterred("wars, strongly clustered", 0.1, 0.4),
    _deterred("common wars, strongly clustered", 0.3, 0.5),
    _deterred("rare peace, strongly clustered", 0.95, 0.3),
    Process(
        "wars both prevented and caused",
        {(QUIET, QUIET): 0.99, (WAR, QUIET): 0.01},
        {(WAR, WAR): 0.9, (QUIET, WAR): 0.1},
        0.1,
        0.1,
        ("war",),
    ),
    Process(
        "the institution works in one history of twenty",
        {(QUIET, QUIET): 0.7, (WAR, WAR): 0.3},
        {(QUIET, QUIET): 0.7, (WAR, WAR): 0.06, (QUIET, WAR): 0.24},
        0.05,
        1.0,
        ("war",),
    ),
    Process(
        "challenges and their ends, weakly clustered",
        {(QUIET, QUIET): 0.8, (CHEAP, CHEAP): 0.12, (CHEAP, DEAR): 0.03, (WAR, WAR): 0.03, (BACKED, WAR): 0.02},
        {(QUIET, QUIET): 0.2, (DEAR, DEAR): 0.3, (WAR, WAR): 0.25, (BACKED, WAR): 0.15, (QUIET, WAR): 0.1},
        0.3,
        0.05,
        (*_CONDITIONAL, "concession"),
    ),
    Process(
        "challenges and their ends, strongly clustered",
        {(QUIET, QUIET): 0.95, (CHEAP, CHEAP): 0.03, (BACKED, BACKED): 0.01, (WAR, BACKED): 0.01},
        {(DEAR, DEAR): 0.4, (CHEAP, DEAR): 0.1, (WAR, WAR): 0.3, (BACKED, WAR): 0.2},
        0.2,
        0.6,
        (*_CONDITIONAL, "concession"),
    ),
    Process(
        "responses, common",
        {(QUIET, QUIET): 0.6, (WAR, WAR): 0.15, (HELPED, WAR): 0.05, (SPARED, SPARED): 0.15, (FACED, SPARED): 0.05},
        {(HELPED, HELPED): 0.3, (HELPED, WAR): 0.2, (FACED, FACED): 0.2, (SPARED, SPARED): 0.3},
        0.3,
        0.2,
        ("participation_great", "participation_other", "selectivity"),
    ),
    Process(
        "responses, seldom met",
        {(QUIET, QUIET): 0.9, (WAR, WAR): 0.04, (HELPED, WAR): 0.01, (SPARED, SPARED): 0.05},
        {(QUIET, QUIET): 0.7, (HELPED, HELPED): 0.1, (WAR, WAR): 0.1, (FACED, FACED): 0.03, (SPARED, SPARED): 0.07},
        0.1,
        0.3,
        ("participation_great", "participation_other", "selectivity"),
    ),
)
