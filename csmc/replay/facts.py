"""The same episode under several institutions, fact by fact. Edit to compare something else."""

from collections.abc import Sequence
from typing import NamedTuple

from csmc.replay.episode import Episode
from csmc.replay.story import against, changed, in_favour, share_of, vetoing
from csmc.replay.words import change, number, outcome, percent, state, states

#: What an institution has nothing of.
NOTHING = "–"


class Fact(NamedTuple):
    """One fact: what it is about, and what it is under each institution."""

    about: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not the same under all."""
        return len(set(self.values)) > 1


def compare(episodes: Sequence[Episode]) -> list[Fact]:
    """What happened in one episode under each of some institutions; facts that none has are left out."""
    told = [_facts(episode) for episode in episodes]
    order = sorted(dict.fromkeys(about for facts in told for about in facts), key=_place)
    return [Fact(about, tuple(facts.get(about, NOTHING) for facts in told)) for about in order]


def _place(about: str) -> int:
    """Facts of measures keep their order between those that come before and after them."""
    return _ORDER.index(about) if about in _ORDER else _ORDER.index(_MEASURES)


_MEASURES = "answer"
_ORDER = (
    *("challenger", "target", "stake", "has today", "expected to help", "mandate of force", "expected pressure"),
    *("chance (common)", "chance (its own)", "demand", _MEASURES),
    *("vote on force", "force for victim", "joins challenger", "chance in war", "outcome", "won by"),
    *("trust", "legitimacy", "capability"),
)


def _facts(episode: Episode) -> dict[str, str]:
    told = episode.moves
    if "challenger" not in told:
        return {"outcome": "history has ended"}
    demand = told["demand"]
    facts = {
        "challenger": state(episode, told["challenger"]),
        "target": state(episode, told["target"]),
        "stake": number(told["stake"]),
        "has today": percent(told["status_quo"]),
        "expected to help": percent(told["support"]),
        "mandate of force": percent(told["mandates"][0]) if "council" in told else NOTHING,
        "expected pressure": number(told["pressure_expected"]),
        "chance (common)": percent(told["estimate"]),
        "chance (its own)": percent(told["belief"]),
        "demand": percent(demand) if demand is not None else "none",
    }
    if demand is not None:
        facts["answer"] = _answer(episode)
    for item in told.get("authorised", ()):
        facts |= _measure(episode, item)
    if told.get("chance") is not None:
        winner = told["challenger"] if told["won"] else told["target"]
        facts |= {"chance in war": percent(told["chance"]), "won by": state(episode, winner)}
    return facts | {
        "outcome": outcome(episode),
        "trust": change(told["trust_before"], told["trust"]),
        "legitimacy": change(told["legitimacy_before"], told["legitimacy"]),
        "capability": _capability(episode),
    }


def _answer(episode: Episode) -> str:
    told = episode.moves
    if told["settlement"] is None:
        return "refused"
    return f"{'mediated' if told['mediated'] else 'accepted'}, at {percent(told['settlement'])}"


def _measure(episode: Episode, item: int) -> dict[str, str]:
    told = episode.moves
    name = episode.rung(item).replace("_", " ")
    facts: dict[str, str] = {}
    if "council" in told:
        yes, no, vetoes = in_favour(episode, item), against(episode, item), vetoing(episode, item)
        passed = "passed" if told["authorised"][item] else "vetoed" if vetoes else "failed"
        by = f" by {states(episode, vetoes)}" if vetoes else ""
        facts[f"vote on {name}"] = f"{passed}{by}, {len(yes)} yes, {len(no)} no"
    if item == 0:
        facts["force for victim"] = _who(episode, told["helpers"][0])
        facts["joins challenger"] = _who(episode, told["joiners"])
    elif told["authorised"][item]:
        facts[f"part in {name}"] = _who(episode, told["helpers"][item])
    else:
        facts[f"part in {name}"] = "no mandate"
    return facts


def _who(episode: Episode, chosen: list[int]) -> str:
    return f"{states(episode, chosen)} ({percent(share_of(episode, chosen))})" if chosen else "nobody"


def _capability(episode: Episode) -> str:
    told, parts = episode.moves, []
    for k in changed(episode):
        before, after = (percent(told[when][k]) for when in ("capability", "capability_after"))
        parts.append(f"{state(episode, k)} {before} → {after}")
    return "; ".join(parts) or "unchanged"
