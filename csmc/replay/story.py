"""An episode told move by move, in words and numbers. Edit to tell something else of a crisis, or otherwise.

Everything told is in `Episode.moves`, hence in the kernel's own trace; the few sums made here are the left sides of
decisions of docs/model.md, in the units in which they were taken.
"""

from collections.abc import Iterator
from typing import NamedTuple

from csmc.kernel.codes import Outcome
from csmc.replay.episode import Episode
from csmc.replay.words import change, listed, number, outcome, percent, state, states

#: Alignment and obligations below this are not worth a word.
SLIGHT = 0.005


class Step(NamedTuple):
    """A part of a story: what it is about, and sentences."""

    about: str
    sentences: tuple[str, ...]


def story(episode: Episode) -> list[Step]:
    """An episode under one institution, told from who confronts whom to what it left behind."""
    told = episode.moves
    if "challenger" not in told:
        return [Step("outcome", ("The history has ended before: fewer than two states live. No challenge.",))]
    steps = [
        Step("who", tuple(_who(episode))),
        Step("over what", tuple(_stage(episode))),
        Step("bystanders", tuple(_third_parties(episode))),
        Step("council", tuple(_council(episode))),
        Step("expected", tuple(_expected(episode))),
        Step("demand", tuple(_demand(episode))),
        Step("answer", tuple(_answer(episode))),
    ]
    for item in told.get("authorised", ()):
        steps.append(Step(episode.rung(item).replace("_", " "), tuple(_measure(episode, item))))
    if told.get("chance") is not None:
        steps.append(Step("war", tuple(_war(episode))))
    steps += [Step("outcome", (f"{outcome(episode)}.",)), Step("after", tuple(_aftermath(episode)))]
    return [Step(step.about, tuple(map(_capitalised, step.sentences))) for step in steps if step.sentences]


def price(episode: Episode) -> float:
    """What a challenge costs the challenger, relative to the stake: its own costs and condemnation (E65)."""
    told = episode.moves
    condemned = episode.institution.forum.condemnation * told["legitimacy_before"]
    return float((episode.parameters["crisis.challenge_cost"] + condemned) / told["stake"])


def share_of(episode: Episode, chosen: list[int]) -> float:
    """The part of third-party capability at the target's theatre that some states have (E4)."""
    powers = {k: episode.moves["effective"][k] for k in episode.moves["third_parties"]}
    total = sum(powers.values())
    return float(sum(powers[k] for k in chosen) / total) if total > 0.0 else 0.0


def against(episode: Episode, item: int) -> list[int]:
    """Who votes no on a measure, the challenger among them if it may vote."""
    told = episode.moves
    own = [told["challenger"]] if told["challenger"] in told["council"]["voters"] else []
    return sorted(own + [k for k, ballot in told["votes"][item]["ballots"].items() if ballot < 0])


def in_favour(episode: Episode, item: int) -> list[int]:
    """Who votes yes on a measure, the target among them if it may vote."""
    told = episode.moves
    own = [told["target"]] if told["target"] in told["council"]["voters"] else []
    return sorted(own + [k for k, ballot in told["votes"][item]["ballots"].items() if ballot > 0])


def vetoing(episode: Episode, item: int) -> list[int]:
    """Whose no is a veto of a measure."""
    council = episode.moves["council"]
    own = [episode.moves["challenger"]] if council["challenger_vetoes"] else []
    holders = {*council["third_parties_with_veto"], *own}
    return [k for k in against(episode, item) if k in holders]


def _who(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (_described(episode, told[role]) for role in ("challenger", "target"))
    verb = "could challenge" if told["outcome"] == Outcome.NO_CHALLENGE else "challenges"
    yield f"{a} {verb} {b}."


def _described(episode: Episode, k: int) -> str:
    told = episode.moves
    words = [percent(told["capability"][k]) + " of all capability"]
    words += ["a great power"] if k in told["great_powers"] else []
    words += ["no member"] if _has_members(episode) and k not in told["members"] else []
    return f"{state(episode, k)} ({', '.join(words)})"


def _has_members(episode: Episode) -> bool:
    """Whether it matters under an institution who belongs to it."""
    rules = episode.institution
    return rules.council is not None or rules.obligation.scope in ("members", "great_powers")


def _stage(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    has = percent(told["status_quo"])
    yield f"The stake is {number(told['stake'])} of the largest; {a} has {has} of the good today."
    yield (
        f"In units of the stake a war costs {a} {number(told['challenger_war_cost'])} and {b} "
        f"{number(told['target_war_cost'])}; each knows its own, and that it is at most {number(told['war_cost'])}."
    )
    if told["hegemony"] > 0.0:
        yield f"If {a} wins it is a threat to all ({number(told['hegemony'])} of 1)."


def _third_parties(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    parties = told["third_parties"]
    if not parties:
        yield "There are no third parties."
        return
    ranked = sorted(parties, key=lambda k: -abs(parties[k]["alignment"]))
    near = [[k for k in ranked if sign * parties[k]["alignment"] > SLIGHT] for sign in (1.0, -1.0)]
    for side, leaning in zip((b, a), near, strict=True):
        if leaning:
            yield f"Nearer to {side} in interests: {_with_numbers(episode, leaning, 'alignment')}."
    bound = [k for k in sorted(parties, key=lambda k: -parties[k]["obligation"]) if parties[k]["obligation"] > SLIGHT]
    owed = f"Bound to help {b}: {_with_numbers(episode, bound, 'obligation')}." if bound else f"Nobody owes {b} help."
    yield owed


def _with_numbers(episode: Episode, chosen: list[int], name: str) -> str:
    parties = episode.moves["third_parties"]
    return listed([f"{state(episode, k)} {number(abs(parties[k][name]))}" for k in chosen])


def _council(episode: Episode) -> Iterator[str]:
    told = episode.moves
    if "council" not in told:
        return
    council = told["council"]
    voters, need = council["voters"], council["need"]
    yield f"On the council sit {states(episode, council['seats'])}."
    if need < 0:
        yield "Nobody may vote, so nothing can pass."
    else:
        yield f"{need} of {len(voters)} votes carry a measure."
    holders = [told["challenger"]] if council["challenger_vetoes"] else []
    holders = sorted({*holders, *council["third_parties_with_veto"]})
    if holders:
        yield f"A no of {states(episode, holders, 'or')} is a veto."
    ladder = [*range(1, len(told["mandates"])), 0]
    chances = [f"{episode.rung(item).replace('_', ' ')} {percent(told['mandates'][item])}" for item in ladder]
    yield f"Expected to pass: {listed(chances)}."


def _expected(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    yield f"Third parties with {percent(told['support'])} of their capability are expected to help {b} by force."
    yield (
        f"With those expected on each side, {a} has strength {number(told['challenger_strength'])} and {b} "
        f"{number(told['target_strength'])}: in a war the chance of {a} is {percent(told['estimate'])} by the common "
        f"estimate, {percent(told['belief'])} as {a} sees it."
    )
    if len(told["mandates"]) > 1:
        yield f"Measures short of force are expected to cost it {number(told['pressure_expected'])}."


def _demand(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, q, worth = state(episode, told["challenger"]), number(told["status_quo"]), number(told["demand_value"])
    cost = price(episode)
    less = f"less {number(cost)} for challenging" if cost >= 0.0 else f"and {number(-cost)} more for challenging"
    if told["demand"] is None:
        yield f"The best demand is worth {worth} to {a}, {less}: no more than the {q} that it has. It makes none."
    else:
        yield f"{a} demands {percent(told['demand'])} of the good, which is worth {worth} to it, {less}; it has {q}."


def _answer(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    if told["demand"] is None:
        return
    if told["settlement"] is not None:
        how = "Mediation settles it" if told["mediated"] else f"{b} accepts"
        gives = told["concession"]
        change_ = f"{b} gives up {percent(gives)}" if gives >= 0.0 else f"{b} gains {percent(-gives)}"
        yield f"{how}: {a} gets {percent(told['settlement'])} of the good. Against today {change_}."
        return
    yield f"{b} refuses."
    if not told["called"]:
        yield (
            f"To go on is worth {number(told['fighting_value'])} to {a}, less {number(told['pressure_expected'])} of "
            f"pressure, and to back down {number(told['retreat_value'])}: it was bluffing and backs down."
        )


def _measure(episode: Episode, item: int) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    name = episode.rung(item).replace("_", " ")
    if "council" in told:
        yield from _vote(episode, item)
    if item == 0:
        yield from _force(episode)
        return
    if not told["authorised"][item]:
        yield f"There is no mandate, and no {name}."
        return
    yield f"In {name} take part: {_with_share(episode, told['helpers'][item])}."
    if told["outcome"] == Outcome.BACKDOWN + item:  # the outcomes of lower rungs follow that of a backdown
        yield (
            f"All measures cost {a} {number(told['pressure'])}: to go on is worth "
            f"{number(told['fighting_value'] - told['pressure'])} and to yield {number(told['retreat_value'])}. "
            f"{a} yields, and {b} is safe."
        )


def _with_share(episode: Episode, chosen: list[int]) -> str:
    return f"{states(episode, chosen)} ({percent(share_of(episode, chosen))} of third-party capability)"


def _vote(episode: Episode, item: int) -> Iterator[str]:
    told = episode.moves
    yes, no, vetoes = in_favour(episode, item), against(episode, item), vetoing(episode, item)
    rest = sorted({*told["council"]["voters"]} - {*yes, *no})
    voices = [("yes", yes), ("no", no), ("abstaining", rest)]
    counted = "; ".join(f"{word} {len(who)} ({states(episode, who)})" for word, who in voices if who)
    passed = told["authorised"][item]
    why = f"vetoed by {states(episode, vetoes)}" if vetoes else "not enough votes"
    yield f"The council votes: {counted or 'nobody'}. {'It is passed' if passed else f'It fails, {why}'}."


def _force(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    helpers, joiners = told["helpers"][0], told["joiners"]
    if "council" in told and not told["authorised"][0]:
        yield f"Force has no mandate; {percent(episode.institution.obligation.residual)} of the obligation remains."
    yield f"For {b} stand {_with_share(episode, helpers)}."
    if joiners:
        yield f"{a} is joined by {states(episode, joiners)} ({percent(share_of(episode, joiners))})."
    yield f"Against this coalition {a} sees its chance at {percent(told['belief_before_war'])}."
    if told["outcome"] == Outcome.COERCED_BY_FORCE:
        go_on = told["belief_before_war"] - told["challenger_war_cost"] - told["pressure"]
        yield f"To fight is worth {number(go_on)} to it and to yield {number(told['retreat_value'])}. {a} yields."


def _war(episode: Episode) -> Iterator[str]:
    told = episode.moves
    a, b = (state(episode, told[role]) for role in ("challenger", "target"))
    engaged, chance = percent(told["engaged"]), percent(told["chance"])
    yield f"{engaged} of all effective capability fights; the chance of {a} is {chance}."
    yield f"{a if told['won'] else b} wins."


def _aftermath(episode: Episode) -> Iterator[str]:
    told = episode.moves
    yield f"Trust {change(told['trust_before'], told['trust'])}."
    yield f"Legitimacy {change(told['legitimacy_before'], told['legitimacy'])}."
    for k in changed(episode):
        before, after = told["capability"][k], told["capability_after"][k]
        if after == 0.0:
            yield f"{state(episode, k)} dies (it had {percent(before)} of all capability)."
        else:
            yield f"Capability of {state(episode, k)}: {percent(before)} → {percent(after)}."


def changed(episode: Episode) -> list[int]:
    """The states whose capability is another after the episode."""
    told = episode.moves
    pairs = zip(told["capability"], told["capability_after"], strict=True)
    return [k for k, (before, after) in enumerate(pairs) if before != after]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
