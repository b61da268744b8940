"""Any episode of an experiment or of a finished run, played again by the kernel that counted it: found, told, compared.

    from csmc.replay import find, play, story

    found = find("results/quickstart", "veto and general_war", "un_security_council")
    replicate, episode = found.found[0]
    for step in story(play("results/quickstart", ["un_security_council"], replicate=replicate, episode=episode)[0]):
        print(step.about, *step.sentences)

A trace becomes moves (`moves`), moves of an address an episode (`episode`), and that a story (`story`) or short facts
to compare (`facts`); `search` finds episodes by conditions (`condition`) on names (`names`).
"""

from csmc.replay.episode import Address, Episode, play, replay
from csmc.replay.facts import Fact, compare
from csmc.replay.moves import Moves, moves
from csmc.replay.names import NAMES
from csmc.replay.search import Search, find
from csmc.replay.source import Run, opened
from csmc.replay.story import Step, story

__all__ = [
    "NAMES",
    "Address",
    "Episode",
    "Fact",
    "Moves",
    "Run",
    "Search",
    "Step",
    "compare",
    "find",
    "moves",
    "opened",
    "play",
    "replay",
    "story",
]
