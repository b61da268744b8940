"""Control variates from the configuration to the report: what is asked for is counted, used, and told with its gain."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import best, contrasts, prevention
from csmc.engine.spans import Span
from csmc.engine.tallies import tally_span
from csmc.estimate import METRICS, Controlled, control_gain, estimate, moments_of, plan
from csmc.kernel.codes import DRAWN_CONTROLS, Control
from csmc.kernel.result import Tallies
from csmc.report.gains import gain_notes
from csmc.report.summary import summary
from tests.stacked import stack
from tests.unit.configurations import refusal_of

NAMES = ("balance_of_power", "un_security_council", "collective_security")
CHOSEN = ("war", "war_given_challenge", "participation", "selectivity", "final_trust", "no_challenge", "challenge")
REPLICATES = 3000


def make(replicates: int = REPLICATES, *, episodes: int = 4, controls: bool = True, **changes: Any) -> csmc.Experiment:
    sampling = {"replicates": replicates, "controls": controls} | changes.pop("sampling", {})
    settings: dict[str, Any] = {
        "institutions": [*NAMES, {"name": "a_copy", "extends": "balance_of_power"}],
        "parameters": {"dynamics.episodes": episodes},
        "sampling": sampling,
        "outputs": {"metrics": list(CHOSEN), "joint": "all"},
    }
    return csmc.Experiment.from_dict(settings | changes)


def counted(experiment: csmc.Experiment) -> Tallies:
    """What is counted of all replicates of the first point."""
    return stack([tally_span(experiment, Span(0, 0, experiment.sampling.most), plan(experiment))])


def test_the_plain_moments_are_those_of_a_run_without_controls() -> None:
    without, having = (make(controls=controls) for controls in (False, True))
    known = [np.array([number]) for number in (REPLICATES, 4, 8)]
    moments, plain = (moments_of(counted(one), plan(one), *known) for one in (having, without))
    assert isinstance(moments, Controlled)
    for name in CHOSEN:
        found, expected = (estimate(METRICS[name], one) for one in (moments.plain(), plain))
        np.testing.assert_array_equal(found, expected)


def test_opposite_draws_that_cancel_are_no_controls() -> None:
    """In antithetic pairs the sums of the drawn controls are rounding: they change nothing."""
    experiment = make(4000, episodes=1, sampling={"replication": "antithetic"})
    tallies = counted(experiment)
    moments = moments_of(tallies, plan(experiment), *(np.array([number]) for number in (4000, 1, 8)))
    assert isinstance(moments, Controlled)
    drawn = [tuple(Control).index(control) for control in DRAWN_CONTROLS]
    multiples = moments._multiples(METRICS["war"].ratio.numerator)
    assert (multiples[:, :, drawn] == 0).all()
    assert (np.abs(multiples[:, :, 0]) > 0.1).all()
    assert (control_gain(METRICS["war"], moments).value > 1.3).all()


def test_no_war_is_still_no_war() -> None:
    """Where nothing was seen nothing is adjusted, and the interval is that of the number of replicates."""
    experiment = make(2000, parameters={"crisis.challenge_cost": 1.0})
    tallies = counted(experiment)
    assert tallies.sums[0, :, METRICS["war"].ratio.numerator].sum() == 0
    moments = moments_of(tallies, plan(experiment), *(np.array([number]) for number in (2000, 1, 8)))
    assert isinstance(moments, Controlled)
    found, plain = (estimate(METRICS["war"], one) for one in (moments, moments.plain()))
    np.testing.assert_array_equal(found.value, 0)
    np.testing.assert_array_equal(found.high, plain.high)


def test_a_run_with_controls_says_so_and_gives_the_same_on_any_number_of_threads(tmp_path: Path) -> None:
    digests = set()
    for threads in (1, 2):
        output = tmp_path / str(threads)
        experiment = make(4000, episodes=1, execution={"threads": threads, "block": 1000 * threads})
        with csmc.run(experiment, output=output) as result:
            digests.add(result.attrs["digest"])
            assert result.attrs["controls"] == 1
            assert "adjusted by controls" in result.war_control_gain.attrs["method"]
            assert result.war_difference_control_gain.dims == ("point", "institution")
            assert any(note.startswith("controls: war ×") for note in summary(result).notes)
            counts = result.outcome_count.sel(outcome="no_challenge")[0] / 4000
            assert (np.abs(result.no_challenge[0] - counts) > 0).all(), "counts are as they were, values adjusted"
            assert (np.abs(result.no_challenge[0] - counts) < 0.03).all()
            apart = contrasts(output).war_difference
            one = apart.sel(institution="un_security_council", other_institution="balance_of_power")[0]
            told = result.war_difference.sel(institution="un_security_council")[0]
            assert float(one) == pytest.approx(float(told))
            assert bool(best(output).contender.sel(institution="collective_security")[0])
            shares = prevention(output, "balance_of_power", "collective_security")
            wars = result.outcome_count.sel(institution="balance_of_power")[0, -3:].sum()
            assert shares.war_count.values.sum() == int(wars)
    assert len(digests) == 1


def test_results_without_controls_have_no_gains(tmp_path: Path) -> None:
    with csmc.run(make(1000, controls=False), output=tmp_path / "out") as result:
        assert [name for name in result if "control_gain" in str(name)] == []
        assert result.attrs["controls"] == 0
        assert not [note for note in summary(result).notes if note.startswith("controls")]


def test_an_output_without_controls_is_not_continued_with_them(tmp_path: Path) -> None:
    csmc.run(make(1000, episodes=1, controls=False), output=tmp_path / "out").close()
    with pytest.raises(csmc.CsmcError, match=r"sampling\.controls: that one kept other sums"):
        csmc.run(make(1000, episodes=1), output=tmp_path / "out")


def test_a_precision_is_reached_with_fewer_replicates(tmp_path: Path) -> None:
    needed = {}
    for controls in (False, True):
        sampling = {"replicates": None, "precision": {"war": {"half_width": 0.01}}, "max_replicates": 50_000}
        experiment = make(episodes=1, controls=controls, sampling=sampling)
        with csmc.run(experiment, output=tmp_path / str(controls)) as result:
            assert (result.precision_reached == 1).all()
            needed[controls] = int(result.replicates[0])
    assert needed[True] < 0.5 * needed[False]


def told(gains: list[float], replicates: int, replication: str = "plain") -> list[str]:
    dims = ("point", "institution")
    return list(
        gain_notes(
            xr.Dataset(
                {
                    "war_control_gain": (dims, np.array([gains])),
                    "war_difference_control_gain": (dims, np.array([[math.nan, *gains[1:]]])),
                    "replicates": ("point", np.array([replicates])),
                },
                attrs={"replication": replication},
            )
        )
    )


def test_the_report_names_the_gain_or_that_there_is_none_or_why_nothing_is_adjusted() -> None:
    assert told([4.0, 2.0], 5000) == [
        "controls: war ×3.00, differences ×2.00; variance without them over the actual one, median over points and "
        "institutions."
    ]
    assert told([1.02, 1.02], 5000)[0].startswith("controls: war ×1.02 (no gain), differences ×1.02 (no gain);")
    assert told([1.0, 1.0], 999)[1] == "Below 1,000 replicates nothing is adjusted: more are needed."
    assert told([1.0, 1.0], 1999, "antithetic")[1].startswith("Below 2,000 replicates")


def test_controls_are_yes_or_no() -> None:
    assert refusal_of(sampling={"controls": "all"}) == ("sampling.controls = 'all': must be true or false",)
