"""The registry of metrics: which tallies each one divides. Edit this file to add or change what is measured."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.errors import ConfigError, Problem, shown, suggestion
from csmc.kernel.codes import DRAWN_CONTROLS, Control, Outcome, Tally
from csmc.kernel.result import Plan

_RowPairs = set[tuple[Tally | Control, Tally | Control]]


class Constant(Enum):
    """A denominator, or the largest value of a mean, that is known before the run."""

    EPISODES = "episodes"
    HISTORIES = "histories"
    STATES = "states"


@dataclass(frozen=True)
class Ratio:
    """One tally divided by another (or by a number known before the run)."""

    numerator: Tally
    denominator: Tally | Constant

    def rows(self) -> tuple[Tally, ...]:
        """The tallies whose moments the standard error needs."""
        if isinstance(self.denominator, Constant):
            return (self.numerator,)
        return (self.numerator, self.denominator)


@dataclass(frozen=True)
class Metric:
    """A ratio of sums, or (`minus`) the difference of two. `low` and `high` bound its possible values.

    changes: the tally without which a history leaves the value where it started, if there is one.
    """

    name: str
    ratio: Ratio
    long_name: str
    definition: str
    kind: Literal["proportion", "mean"] = "proportion"
    unit: str = "1"
    low: float = 0.0
    high: float | Constant = 1.0
    minus: Ratio | None = None
    changes: Tally | None = None

    @property
    def terms(self) -> tuple[tuple[int, Ratio], ...]:
        """The signed ratios whose sum is the metric."""
        return ((1, self.ratio),) if self.minus is None else ((1, self.ratio), (-1, self.minus))

    def rows(self) -> tuple[Tally, ...]:
        """The tallies whose moments the standard error needs."""
        return tuple(row for _, ratio in self.terms for row in ratio.rows())


_EPISODES, _HISTORIES = Constant.EPISODES, Constant.HISTORIES


def _outcome(outcome: Outcome) -> Metric:
    words = outcome.name.lower().replace("_", " ")
    ratio = Ratio(Tally(outcome.value), _EPISODES)
    return Metric(outcome.name.lower(), ratio, f"rate of {words}", "episodes that ended so, per episode")


def _rate(name: str, numerator: Tally, denominator: Tally | Constant, long_name: str, definition: str) -> Metric:
    return Metric(name, Ratio(numerator, denominator), long_name, definition)


def _mean(
    name: str,
    numerator: Tally,
    denominator: Tally | Constant,
    long_name: str,
    definition: str,
    *,
    low: float = 0.0,
    high: float | Constant = 1.0,
    changes: Tally | None = None,
) -> Metric:
    ratio = Ratio(numerator, denominator)
    return Metric(name, ratio, long_name, definition, "mean", low=low, high=high, changes=changes)


_SELECTIVITY = Metric(
    "selectivity",
    Ratio(Tally.PARTICIPATION_OTHER, Tally.RESPONSES_OTHER),
    "selectivity of the collective response",
    "participation against other aggressors minus participation against great powers",
    "mean",
    low=-1.0,
    minus=Ratio(Tally.PARTICIPATION_GREAT, Tally.RESPONSES_GREAT),
)

_ALL: tuple[Metric, ...] = (
    *(_outcome(outcome) for outcome in Outcome),
    _rate("peace", Tally.PEACE, _EPISODES, "rate of peace", "episodes without war of any kind, per episode"),
    _rate("war", Tally.WARS, _EPISODES, "rate of war", "wars of any kind, per episode"),
    Metric(
        "wider_war",
        Ratio(Tally.WARS, _EPISODES),
        "rate of wars that third parties join",
        "wars that third parties joined (wars other than bilateral ones), per episode",
        minus=Ratio(Tally.BILATERAL_WAR, _EPISODES),
    ),
    _rate("challenge", Tally.CHALLENGES, _EPISODES, "rate of challenges", "challenges per episode"),
    _rate("war_given_challenge", Tally.WARS, Tally.CHALLENGES, "war given a challenge", "wars per challenge"),
    _rate("war_given_refusal", Tally.WARS, Tally.REFUSALS, "war given a refusal", "wars per refused demand"),
    _rate("general_deterrence", Tally.NO_CHALLENGE, _EPISODES, "general deterrence", "no challenge, per episode"),
    _rate(
        "immediate_deterrence",
        Tally.DETERRED,
        Tally.REFUSALS,
        "immediate deterrence",
        "aggressor backed down or was coerced, per refused demand",
    ),
    _rate(
        "settlement",
        Tally.NEGOTIATED_SETTLEMENT,
        Tally.CHALLENGES,
        "negotiated settlement given a challenge",
        "settlements per challenge",
    ),
    _mean(
        "concession",
        Tally.CONCESSION,
        Tally.NEGOTIATED_SETTLEMENT,
        "concession in a settlement",
        "share of the good that the target gives up, mean per settlement (mediated ones included)",
        low=-1.0,
    ),
    _rate(
        "aggressor_war_success",
        Tally.WARS_WON,
        Tally.WARS,
        "wars won by the aggressor",
        "wars the aggressor won, per war",
    ),
    _rate(
        "aggressor_success",
        Tally.SUCCESSES,
        Tally.CHALLENGES,
        "success of aggression",
        "wars won or settlements with a concession above 0, per challenge",
    ),
    _rate("authorisation", Tally.PASSED, Tally.VOTES, "authorisation by the council", "measures passed per vote held"),
    _rate("veto", Tally.VETOED, Tally.VOTES, "use of the veto", "votes with at least one veto cast, per vote held"),
    _mean(
        "participation",
        Tally.PARTICIPATION,
        Tally.RESPONSES,
        "participation in the collective response",
        "share of third-party capability that takes part in the last rung, mean per response",
    ),
    _mean(
        "participation_great",
        Tally.PARTICIPATION_GREAT,
        Tally.RESPONSES_GREAT,
        "participation against great powers",
        "participation where the aggressor is a great power, mean per response",
    ),
    _mean(
        "participation_other",
        Tally.PARTICIPATION_OTHER,
        Tally.RESPONSES_OTHER,
        "participation against other aggressors",
        "participation where the aggressor is no great power, mean per response",
    ),
    _SELECTIVITY,
    _rate(
        "enforcement",
        Tally.ENFORCED,
        Tally.WARS,
        "wars of authorised enforcement",
        "wars with a helper and authorised force (by a council, or by obligation of members without one), per war",
    ),
    _mean(
        "belligerents",
        Tally.BELLIGERENTS,
        Tally.WARS,
        "belligerents in a war (states)",
        "states that fight, principals included, mean per war",
        low=2.0,
        high=Constant.STATES,
    ),
    _mean(
        "engaged",
        Tally.ENGAGED,
        Tally.WARS,
        "capability engaged in a war",
        "share of capability that fights, mean per war",
    ),
    _mean(
        "aggressor_joining",
        Tally.AGGRESSOR_JOINING,
        Tally.FORCE_RESPONSES,
        "joining the aggressor",
        "share of third-party capability that joins the aggressor, mean per response by force",
    ),
    _mean(
        "free_riding",
        Tally.FREE_RIDING,
        Tally.RESPONSES,
        "free riding on obligations",
        "share of third-party capability owed but not contributed on the last rung, mean per response",
    ),
    _mean(
        "survivors",
        Tally.SURVIVORS,
        _HISTORIES,
        "surviving states (number)",
        "states alive at the end of a history, mean",
        low=1.0,
        high=Constant.STATES,
    ),
    _mean(
        "concentration_hhi",
        Tally.CONCENTRATION_HHI,
        _HISTORIES,
        "concentration of capability (Herfindahl-Hirschman)",
        "sum of squared shares of capability at the end of a history, mean",
    ),
    _mean(
        "concentration_con",
        Tally.CONCENTRATION_CON,
        _HISTORIES,
        "concentration of capability (CON)",
        "index of Singer, Bremer and Stuckey at the end of a history, mean",
    ),
    _mean(
        "final_trust",
        Tally.TRUST,
        _HISTORIES,
        "trust at the end",
        "trust at the end of a history, mean",
        changes=Tally.RESPONSES,
    ),
    _mean(
        "final_legitimacy",
        Tally.LEGITIMACY,
        _HISTORIES,
        "legitimacy at the end",
        "legitimacy at the end of a history, mean",
        changes=Tally.REFUSALS,
    ),
    _rate("history_without_war", Tally.NO_WAR, _HISTORIES, "history without war", "histories without any war"),
    _rate(
        "history_without_general_war",
        Tally.NO_GENERAL_WAR,
        _HISTORIES,
        "history without general war",
        "histories without a general war",
    ),
    _mean(
        "time_to_war",
        Tally.TIME_TO_WAR,
        _HISTORIES,
        "time to the first war (episodes)",
        "episode of the first war, counted from 1, or the length of the history if none came, restricted mean",
        low=1.0,
        high=_EPISODES,
    ),
)

#: Every metric by name, in the order in which results list them.
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}


def chosen_metrics(experiment: Experiment) -> tuple[Metric, ...]:
    """The metrics that `outputs.metrics` asks for, in the order of the registry; ConfigError for names it lacks."""
    chosen = experiment.outputs.metrics
    if chosen == "all":
        return tuple(METRICS.values())
    problems = [_unknown(position, name) for position, name in enumerate(chosen) if name not in METRICS]
    if problems:
        raise ConfigError(map(experiment.describe, problems))
    return tuple(metric for metric in METRICS.values() if metric.name in chosen)


def _unknown(position: int, name: str) -> Problem:
    near = suggestion(name, METRICS) or f" (known: {', '.join(METRICS)})"
    return Problem(("outputs", "metrics", position), f"is not a known metric{near}", shown(name))


def plan(experiment: Experiment) -> Plan:
    """The fewest second moments from which every chosen metric and its paired difference get standard errors."""
    metrics, controls = chosen_metrics(experiment), experiment.sampling.controls
    names = [institution.name for institution in experiment.institutions]
    joint, group = experiment.outputs.joint, experiment.sampling.group
    return Plan(
        own_pairs=own_pairs(metrics, controls=controls),
        cross_pairs=cross_pairs(metrics, controls=controls),
        reference=names.index(experiment.reference),
        joint=joint,
        histories=joint != "none" and (group > 1 or max(experiment.values_of("dynamics.episodes")) > 1),
        group=group,
        controls=controls,
    )


def own_pairs(metrics: Collection[Metric], *, controls: bool = False) -> NDArray[np.int64]:
    """Products of two rows (i <= j) of the same institution: each metric needs all pairs of its own, and with controls.

    And controls those with each other.
    """
    pairs: _RowPairs = {(min(i, j), max(i, j)) for m in metrics for i in m.rows() for j in m.rows()}
    if controls:
        pairs |= {(row, control) for m in metrics for row in m.rows() for control in Control}
        pairs |= {(i, j) for i in Control for j in Control if i <= j}
    return _sorted(pairs)


def cross_pairs(metrics: Collection[Metric], *, controls: bool = False) -> NDArray[np.int64]:
    """Products of a row of an institution and a row of another: here (i, j) and (j, i) differ.

    Controls that are draws are the same under both.
    """
    pairs: _RowPairs = {(i, j) for m in metrics for i in m.rows() for j in m.rows()}
    if controls:
        own = [control for control in Control if control not in DRAWN_CONTROLS]
        rows = {row for m in metrics for row in m.rows()}
        pairs |= {pair for row in rows for control in own for pair in ((row, control), (control, row))}
        pairs |= {(i, j) for i in own for j in own}
    return _sorted(pairs)


def _sorted(pairs: _RowPairs) -> NDArray[np.int64]:
    rows = [(int(i), int(j)) for i, j in sorted(pairs)]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)
