"""What a configuration may ask to be known how precisely, and what is told of the rest."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc import load_experiment
from csmc.config import Experiment
from csmc.config.sections import DEFAULT_MOST
from csmc.errors import ConfigError
from csmc.estimate.precision import LEAST_PAIRS, described, excess, level_of, targets
from tests.intervals.one_shot import Pairs, moments, wars
from tests.intervals.sequential import target

FILE = """institutions: [balance_of_power, un_security_council, league_of_nations]
outputs: {metrics: [war, challenge, belligerents]}
sampling:
  precision:
    war: {half_width: 0.001}
"""


def load(tmp_path: Path, *lines: str, overrides: tuple[str, ...] = ()) -> Experiment:
    """The experiment of FILE with more lines at its end, loaded as a user would."""
    path = tmp_path / "precise.yaml"
    path.write_text(FILE + "".join(f"    {line}\n" for line in lines))
    return load_experiment(path, overrides)


def test_targets_are_of_all_institutions_of_one_or_of_a_difference(tmp_path: Path) -> None:
    experiment = load(
        tmp_path,
        "war[league_of_nations]: {relative: 0.1}",
        "challenge[un_security_council - balance_of_power]: {half_width: 0.01}",
        "challenge[balance_of_power - league_of_nations]: {half_width: 0.02}",
        "belligerents: {half_width: 2.5}",
    )
    found = targets(experiment)
    assert [(one.metric.name, one.institutions, one.paired) for one in found] == [
        ("war", (0, 1, 2), False),
        ("war", (2,), False),
        ("challenge", (1,), True),
        ("challenge", (2,), True),
        ("belligerents", (0, 1, 2), False),
    ]
    assert [(one.half_width, one.relative) for one in found[:2]] == [(0.001, None), (None, 0.1)]
    assert (experiment.sampling.most, level_of(experiment)) == (DEFAULT_MOST, 0.97)
    assert list(described(experiment))[:2] == ["war ± 0.001", "war[league_of_nations] ± 0.1 of it"]


def test_a_fixed_number_of_replicates_has_no_targets() -> None:
    experiment = Experiment(institutions=["anarchy"])
    assert (experiment.sampling.replicates, experiment.sampling.most, targets(experiment)) == (10_000, 10_000, ())
    assert level_of(experiment) == 0.95


def test_what_is_resolved_can_be_read_again(tmp_path: Path) -> None:
    for experiment in (load(tmp_path), Experiment(institutions=["anarchy"], sampling={"replicates": 7})):
        again = Experiment.from_dict(experiment.resolved())
        assert again.sampling == experiment.sampling
        assert again.resolved() == experiment.resolved()


def test_either_way_can_replace_the_other_that_is_inherited(tmp_path: Path) -> None:
    load(tmp_path)
    child = tmp_path / "child.yaml"
    child.write_text("extends: precise.yaml\nsampling: {replicates: 500, precision: null}\n")
    assert load_experiment(child).sampling.most == 500
    grandchild = tmp_path / "grandchild.yaml"
    goals = "{war: {half_width: 0.1}}"
    grandchild.write_text(f"extends: child.yaml\nsampling: {{replicates: null, precision: {goals}}}\n")
    assert load_experiment(grandchild).sampling.most == DEFAULT_MOST
    assert load(tmp_path, overrides=("sampling.max_replicates=5_000",)).sampling.most == 5000


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("wars: {half_width: 0.1}", r"precise\.yaml:6: sampling\.precision\.wars: .* a known metric; did you mean war"),
        ("peace: {half_width: 0.1}", r"precise\.yaml:6: .*peace is not among outputs\.metrics; add it there"),
        ("challenge[leage_of_nations]: {half_width: 0.1}", r"precise\.yaml:6: .*did you mean league_of_nations"),
        ("war[un_security_council - league_of_nations]: {half_width: 0.1}", "a difference from the reference, balance"),
        ("challenge[league_of_nations - league_of_nations]: {half_width: 0.1}", "from itself, which is 0"),
        ("challenge[league_of_nations: {half_width: 0.1}", r"must be METRIC, METRIC\[institution\] or"),
        ("challenge [anarchy]: {half_width: 0.1}", r"must be METRIC, METRIC\[institution\] or"),
        ("challenge: {half_width: 0}", r"precise\.yaml:6: .*half_width = 0: must be greater than 0"),
        ("challenge: {half_width: -0.1}", "must be greater than 0"),
        ("challenge: {half_width: 1}", r"half_width = 1\.0: must be below 1, all that challenge can vary by"),
        ("belligerents: {half_width: 6}", "must be below 6, all that belligerents can vary by"),
        ("challenge: {relative: 1}", "must be less than 1"),
        ("challenge: {relative: 0}", "must be greater than 0"),
        ("challenge: {relative: 0.1, half_width: 0.1}", "must have either half_width or relative"),
        ("challenge: {}", "must have either half_width or relative"),
        ("challenge: {halfwidth: 0.1}", r"halfwidth: is not a known key; did you mean half_width.*\(known: half"),
        ("challenge: 0.1", "must be a mapping of keys to values"),
        ("war [x]: {half_width: .nan}", "must be a finite number"),
    ],
)  # fmt: skip
def test_targets_that_cannot_be_are_refused_with_their_place(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, line)


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ({"replicates": 10, "precision": {"war": {"half_width": 0.1}}}, "replicates and precision exclude each other"),
        ({"max_replicates": 10}, "max_replicates goes with precision"),
        ({"precision": {}}, "at least 1 item"),
        ({"precision": {"war": {"half_width": 0.1}}, "max_replicates": 0}, "max_replicates = 0"),
    ],
)
def test_ways_of_sampling_that_contradict_each_other_are_refused(sampling: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Experiment(institutions=["anarchy"], sampling=sampling)


def test_the_same_difference_twice_is_refused(tmp_path: Path) -> None:
    there, back = "league_of_nations - balance_of_power", "balance_of_power - league_of_nations"
    with pytest.raises(ConfigError, match=r"is the same as war\[league_of_nations - balance_of_power\]; keep one"):
        load(tmp_path, f"war[{there}]: {{half_width: 0.1}}", f"war[{back}]: {{half_width: 0.2}}")


def counts(*wars: int) -> Pairs:
    """Wars under the other institution only."""
    more = np.array(wars)
    return Pairs(0 * more, more, 0 * more)


def test_how_much_too_wide_is_the_half_width_over_what_is_asked_for() -> None:
    known = moments(counts(100, 400), 1000)
    found = wars(counts(100, 400), 1000)
    half = excess((target("war", half_width=0.5),), known) * 0.5
    assert np.all(half > (found.high - found.low)[:, 1] / 2), "at a stricter level than the usual one"
    assert half == pytest.approx((found.high - found.low)[:, 1] / 2 * 2.1701 / 1.96, rel=2e-3)
    assert excess((target("war", relative=0.5),), known) == pytest.approx(half / (0.5 * np.array([0.1, 0.4])))
    both = target("war", half_width=0.5), target("war", paired=True, half_width=0.01)
    assert np.array_equal(excess(both, known), excess(both[1:], known)), "the worst of all counts"


def test_few_events_have_to_be_known_better_than_by_half_the_width_of_their_interval() -> None:
    none, many = moments(counts(0), 1000), moments(counts(500), 1000)
    low, high = 0.0, 1 - 0.015 ** (1 / 1000)
    assert excess((target("war", half_width=0.1),), none) == pytest.approx((high - low) / 1.2 / 0.1)
    z = 2.170090377584560
    as_if = z * np.sqrt(LEAST_PAIRS + 2) / 1002
    assert excess((target("war", paired=True, half_width=0.1),), none) == pytest.approx(as_if / 0.1)
    differing = target("war", paired=True, half_width=0.1)
    assert excess((differing,), many) == pytest.approx(z * np.sqrt((502 / 1002 - (500 / 1002) ** 2) / 1002) / 0.1)


def test_without_an_interval_nothing_is_reached() -> None:
    assert np.isinf(excess((target("war", paired=True, half_width=0.1),), moments(counts(1), 1)))
    assert np.isinf(excess((target("war", relative=0.1),), moments(counts(0), 1000)))
