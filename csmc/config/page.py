"""What notebooks show of an experiment, or of its result: a small table; edit to change how it looks.

Every text comes from users, so every text is escaped here.
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from csmc.config.precision import as_text

if TYPE_CHECKING:
    from csmc.config.experiment import Experiment

#: Values of a parameter, and institutions, that are written out; of more, their number.
FEW = 6


def table(title: str, question: str, rows: Sequence[tuple[str, str]]) -> str:
    """HTML of a title, a question, and what is said under headings; all of them plain text."""
    head = f"<strong>{escape(title)}</strong>" + (f"<br><em>{escape(question)}</em>" if question else "")
    cells = (
        f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(told)}</td></tr>'
        for name, told in rows
    )
    return f"<div>{head}<table>{''.join(cells)}</table></div>"


def experiment_table(experiment: "Experiment") -> str:
    """HTML of what an experiment asks, and how much it simulates."""
    sampling = experiment.sampling
    if sampling.precision is None:
        asked = f"{sampling.most:,} of each point"
    else:
        goals = as_text({key: goal.model_dump() for key, goal in sampling.precision.items()})
        asked = f"what {goals} takes, at most {sampling.most:,} of each point"
    rows = [
        ("design", design_words(experiment)),
        ("institutions", ", ".join(institution.title for institution in experiment.institutions)),
        ("reference", experiment.reference),
        ("replicates", asked),
    ]
    return table(experiment.name, experiment.question, rows)


def design_words(experiment: "Experiment") -> str:
    """The number of points, and what varies over which values, where the design is a grid."""
    points = counted(experiment.n_points, "point")
    if not experiment.varied:
        return points
    axes = experiment.shape
    if axes is None:
        return f"{points}: {', '.join(experiment.varied)} vary together"
    return f"{points}: " + "; ".join(f"{path} = {values_words(values)}" for path, values in axes)


def counted(number: int, word: str) -> str:
    """A number and what it is of."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def values_words(values: Sequence[object]) -> str:
    """Values of a parameter: all if they are few, else the first and the last."""
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return ", ".join(texts) if len(texts) <= FEW else f"{texts[0]} to {texts[-1]} ({len(texts):,} values)"
