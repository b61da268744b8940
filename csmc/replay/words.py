"""How a story names states and writes numbers. Edit to change that everywhere at once."""

from collections.abc import Iterable, Sequence

from csmc.replay.episode import Episode

#: Of more states than this the rest are counted.
MOST_NAMED = 8

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """A number with three decimals."""
    text = f"{value:.3f}"
    return text.removeprefix("-") if float(text) == 0.0 else text.replace("-", MINUS)


def percent(share: float) -> str:
    """A share or a probability."""
    return f"{100.0 * share:.1f} %"


def change(before: float, after: float) -> str:
    """A number before and after."""
    return f"{number(before)}, unchanged" if before == after else f"{number(before)} → {number(after)}"


def state(episode: Episode, k: int) -> str:
    """A state by its name, if the system has names."""
    name = episode.states[k]
    return name.replace("_", " ") if name == f"state_{k + 1}" else name


def states(episode: Episode, chosen: Iterable[int], last: str = "and") -> str:
    """Some states, in words; `last` comes before the last of them."""
    return listed([state(episode, k) for k in chosen], last)


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`; of many the first; nobody if there is none."""
    if not words:
        return "nobody"
    if len(words) > MOST_NAMED:
        return f"{', '.join(words[:MOST_NAMED])} and {len(words) - MOST_NAMED} more"
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]


def outcome(episode: Episode) -> str:
    """How an episode ended: the outcome's name as words, a measure by its own name."""
    words = episode.outcome.replace("_", " ")
    before, rung, item = words.partition(" rung ")
    return f"{before} {episode.rung(int(item)).replace('_', ' ')}" if rung else words
