"""Longer runs, longer histories and more company: what was there before stays as it was."""

import itertools

import numpy as np
import pytest

from csmc.estimate import METRICS, estimate
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.institutions import get
from csmc.kernel import Plan
from csmc.kernel.codes import Outcome, Tally
from tests.evidence import Section

from .support import PRESETS, SEED, institution, moments, play, replicates

HISTORY = {"dynamics.episodes": 5, "dynamics.survival": 0.3}
OUTCOMES = len(Outcome)
#: Counts of what happened; they only ever grow.
EVENTS = [
    *range(Tally.PARTICIPATION),
    Tally.ENFORCED,
    Tally.BELLIGERENTS,
    Tally.FORCE_RESPONSES,
]


def test_the_first_replicates_of_a_longer_run_are_those_of_a_shorter_one():
    each = replicates(HISTORY, count=300)
    for n in (1, 17, 300):
        assert (play(HISTORY, count=n).sums == each[:n].sum(axis=0)).all()
    assert (play(HISTORY, first=123, count=50).sums == each[123:173].sum(axis=0)).all()


def test_a_history_begins_like_every_longer_one(evidence):
    """Of T and T + 1 episodes, replicate by replicate: one more outcome, and nothing taken back."""
    count, lengths = 150, range(1, 11)
    runs = [replicates({"dynamics.episodes": t, "dynamics.survival": 0.4}, count=count) for t in lengths]
    for episodes, (shorter, longer) in enumerate(itertools.pairwise(runs), start=1):
        more = longer - shorter
        assert (more[:, :, :OUTCOMES].sum(axis=2) == 1).all()
        assert (more[:, :, EVENTS] >= 0).all()
        assert (more[:, :, [Tally.SURVIVORS, Tally.NO_WAR, Tally.NO_GENERAL_WAR]] <= 0).all()
        first_war = np.minimum(longer[:, :, Tally.TIME_TO_WAR], episodes)
        assert (first_war == shorter[:, :, Tally.TIME_TO_WAR]).all()
    fewest = int(runs[-1][:, :, Tally.SURVIVORS].min())
    assert fewest < 8
    evidence(
        Section.METAMORPHIC,
        "A history of T crises is the beginning of one of T + 1, replicate by replicate: one more outcome, no event "
        "taken back, the same time of the first war",
        f"{count} histories of 1 to {lengths[-1]} crises under {len(PRESETS)} institutions, down to {fewest} survivors",
    )


def test_the_order_of_institutions_only_permutes_the_results():
    plain = play(HISTORY, count=1000, plan=Plan(joint="all"))
    order = np.random.default_rng(SEED).permutation(len(PRESETS))
    shuffled = play(HISTORY, [PRESETS[k] for k in order], count=1000, plan=Plan(joint="all"))
    assert (shuffled.sums == plain.sums[order]).all()
    assert (shuffled.joint == plain.joint[np.ix_(order, order)]).all()
    patterns = np.zeros_like(plain.patterns)
    for pattern, episodes in enumerate(plain.patterns):
        patterns[sum(1 << place for place, k in enumerate(order) if pattern >> k & 1)] += episodes
    assert (shuffled.patterns == patterns).all()


def test_joint_tables_of_the_same_pair_are_transposes_of_each_other():
    joint = play(HISTORY, count=1000, plan=Plan(joint="all")).joint
    assert (joint == joint.transpose(1, 0, 3, 2)).all()


def test_an_added_institution_changes_no_other_even_if_it_alone_draws_seats():
    changes = HISTORY | {"system.n_states": 20}
    elected = institution("un_security_council", council__seats=3)
    without = ["anarchy", "league_of_nations", "collective_security"]
    alone = play(changes, without, count=800)
    joined = play(changes, [elected, *without], count=800, plan=Plan(reference=1))
    assert (joined.sums[1:] == alone.sums).all()
    assert (joined.joint[1:] == alone.joint).all()


def renamed(name):
    """The same rules under other words."""
    rules = get(name)
    ladder = tuple(
        rung if rung is rules.ladder[-1] else rung.model_copy(update={"name": f"measure_{place}"})
        for place, rung in enumerate(rules.ladder)
    )
    words = {"name": "another_name", "title": "Other", "summary": "", "sources": (), "ladder": ladder}
    return rules.model_copy(update=words)


@pytest.mark.parametrize("changes", [{}, {"dynamics.episodes": 12, "system.n_states": 17}])
def test_a_duplicate_and_a_renamed_institution_differ_by_exactly_nothing_in_every_metric(changes, evidence):
    metrics, count = tuple(METRICS.values()), 500
    plan = Plan(own_pairs(metrics), cross_pairs(metrics), 1, "reference")
    compared = 0
    for name in PRESETS:
        tallies = play(changes, ["anarchy", name, get(name), renamed(name)], count=count, plan=plan)
        assert (tallies.sums[1] == tallies.sums[2:]).all()
        assert all(table.sum() == np.trace(table) for table in tallies.joint[1:, 0])
        played = moments(tallies, plan, count, changes)
        for metric in metrics:
            found = estimate(metric, played)
            if np.isfinite(found.se[0, 1]):
                compared += 2
                assert (found.difference[0, 2:] == 0).all()
                assert (found.difference_se[0, 2:] == 0).all()
    shape = ", ".join(f"{path.rpartition('.')[2]} {value}" for path, value in changes.items()) or "the default point"
    evidence(
        Section.METAMORPHIC,
        f"A duplicate and a renamed copy of each of the {len(PRESETS)} presets differ from it by exactly 0, with a "
        f"paired standard error of exactly 0, in every metric that is defined ({shape})",
        f"{compared} differences of 0 ± 0 ({count} histories each)",
    )
    assert compared > len(PRESETS) * len(metrics)
