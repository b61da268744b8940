"""Replicates in groups from the configuration to the report: what is asked for is run, counted, kept apart and told."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc import engine as engines
from csmc.analysis import best, boundary, diagnose, dominance
from csmc.analysis.figures import _moments as batch_moments
from csmc.engine import LocalEngine, Store
from csmc.engine.batches import batches
from csmc.engine.spans import Span
from csmc.engine.tallies import Job, tally_span
from csmc.engine.verify import verify
from csmc.engine.warming import warm_up
from csmc.estimate import METRICS, Moments, estimate, plan, replication_gain
from csmc.estimate.batches import batched
from csmc.estimate.fates import prevention
from csmc.estimate.gains import no_gain_error
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.estimate.precision import SEQUENTIAL_LEVEL
from csmc.estimate.ratios import influence, variance
from csmc.kernel.codes import N_OUTCOMES, Outcome, Tally
from csmc.kernel.result import PREVENTED, Plan, Tallies
from csmc.replay import replay
from csmc.report.gains import gain_notes
from csmc.report.summary import summary
from tests.stacked import stack
from tests.unit.configurations import refusal_of
from tests.unit.synthetic import crises, moments, one_shot

GROUPS = {"antithetic": 2, "stratified": 4}
WAR = METRICS["war"]


def make(replication: str = "antithetic", replicates: int = 1200, **changes: Any) -> csmc.Experiment:
    sections = {
        "name": "grouped",
        "seed": 7,
        "institutions": ["anarchy", "un_security_council"],
        "parameters": {"dynamics.episodes": 2, "crisis.audience_cost": 0.5},
        "design": {"grid": {"interests.divergence": [0.5, 1.5]}},
        "sampling": {"replicates": replicates, "replication": replication},
        "outputs": {"metrics": ["war", "challenge", "concession", "war_given_challenge", "selectivity"]},
    }
    return csmc.Experiment.from_dict({**sections, **changes})


def digest(path: Path, experiment: csmc.Experiment, threads: int = 1) -> str:
    store = Store(path)
    engines.run(experiment, store, LocalEngine(threads))
    return store.digest()


@pytest.mark.parametrize(
    ("sampling", "execution", "problem"),
    [
        (
            {"replicates": 1001, "replication": "antithetic"},
            {},
            "sampling.replicates = 1001: must be a multiple of 2, the size of a group with sampling.replication: "
            "antithetic (such as 1,002)",
        ),
        (
            {"replicates": 1002, "replication": "stratified"},
            {},
            "sampling.replicates = 1002: must be a multiple of 4, the size of a group with sampling.replication: "
            "stratified (such as 1,004)",
        ),
        (
            {"replicates": 100, "replication": "antithetic"},
            {"block": 33},
            "execution.block = 33: must be a multiple of 2, the size of a group with sampling.replication: "
            "antithetic (such as 34)",
        ),
        (
            {"replicates": 100, "replication": "antithetical"},
            {},
            "sampling.replication = 'antithetical': must be 'plain', 'antithetic' or 'stratified'",
        ),
        (
            {"precision": {"war": {"half_width": 0.01}}, "max_replicates": 4098, "replication": "stratified"},
            {},
            "sampling.max_replicates = 4098: must be a multiple of 4, the size of a group with sampling.replication: "
            "stratified (such as 4,100)",
        ),
    ],
)
def test_parts_of_groups_and_unknown_schemes_are_refused(
    sampling: dict[str, Any], execution: dict[str, Any], problem: str
) -> None:
    assert refusal_of(sampling=sampling, execution=execution) == (problem,)


def test_plain_replicates_may_be_any_number_in_blocks_of_any_size() -> None:
    assert make("plain", 1001, execution={"block": 33}).sampling.group == 1


@pytest.mark.parametrize("replication", GROUPS)
def test_threads_blocks_and_interruptions_do_not_show(replication: str, tmp_path: Path) -> None:
    whole = digest(tmp_path / "whole", make(replication))
    assert digest(tmp_path / "threads", make(replication, execution={"block": 256}), 4) == whole
    assert digest(tmp_path / "blocks", make(replication, execution={"block": 36})) == whole
    digest(tmp_path / "grown", make(replication, 400, execution={"block": 64}))
    assert digest(tmp_path / "grown", make(replication)) == whole


def test_schemes_have_numbers_keys_and_outputs_of_their_own(tmp_path: Path) -> None:
    schemes = ("plain", *GROUPS)
    assert len({digest(tmp_path / scheme, make(scheme)) for scheme in schemes}) == 3
    assert len({make(scheme).point(0).key for scheme in schemes}) == 3
    for asked in ("plain", "stratified"):
        with pytest.raises(csmc.StoreError, match=f'sampling.replication: stored "antithetic", asked for "{asked}"'):
            digest(tmp_path / "antithetic", make(asked))


@pytest.mark.parametrize("episodes", [1, 2])
def test_the_other_differences_of_an_output_are_not_blamed_for_its_scheme(episodes: int, tmp_path: Path) -> None:
    length = {"parameters": {"dynamics.episodes": episodes}}
    digest(tmp_path / "out", make(**length))
    with pytest.raises(csmc.StoreError) as refused:
        digest(tmp_path / "out", make("plain", **length))
    assert "other sums" not in str(refused.value)


@pytest.mark.parametrize("replication", GROUPS)
def test_stored_numbers_come_out_again_in_other_pieces(replication: str, tmp_path: Path) -> None:
    digest(tmp_path / "out", make(replication, 41_000 // 4 * 4, outputs={"metrics": ["war"], "joint": "none"}))
    checked = list(verify(Store(tmp_path / "out"), None, seed=1))
    assert checked
    assert all(one.agrees for one in checked)


@pytest.mark.parametrize("replication", GROUPS)
def test_replayed_episodes_are_those_that_were_counted(replication: str, tmp_path: Path) -> None:
    experiment = make(replication, 60)
    with csmc.run(experiment, output=tmp_path / "out") as result:
        told = Counter(
            replay(experiment, "un_security_council", point=1, replicate=replicate, episode=episode)["outcome"]
            for replicate in range(60)
            for episode in range(2)
        )
        counted = result.outcome_count.isel(point=1).sel(institution="un_security_council").values
    assert [told[outcome] for outcome in Outcome] == counted.tolist()


def groups_of(rows: Any, size: int, the_plan: Plan) -> Moments:
    """The moments of rows (replicate, institution, tally) in groups, from those of two sets of plain ones."""
    names = [METRICS[name] for name in ("war", "war_given_challenge")]
    alone = moments(rows, names)
    together = moments(rows.reshape(-1, size, *rows.shape[1:]).sum(axis=1), names)
    doubled = {
        name: np.concatenate([getattr(part.tallies, name) for part in (together, alone)], axis=-1)
        for name in ("own_high", "own_low", "cross_high", "cross_low")
    }
    tallies = Tallies(**(alone.tallies._asdict() | doubled))
    return Moments(tallies, the_plan, alone.replicates, alone.episodes, alone.states)


@pytest.mark.parametrize("size", [2, 4])
def test_errors_and_gains_are_those_of_the_sums_of_groups(size: int) -> None:
    rows = one_shot(crises(4000, (0.2, 0.35, 0.3)))
    rows = rows[np.argsort(rows[:, 1, Tally.WARS] % 2, kind="stable")]  # neighbours are alike
    chosen = [METRICS[name] for name in ("war", "war_given_challenge")]
    grouped = groups_of(rows, size, Plan(own_pairs(chosen), cross_pairs(chosen), 0, "none", group=size))
    war = rows[:, :, Tally.WARS].astype(float)
    sums = war.reshape(-1, size, 3).sum(axis=1) / size
    se = sums.std(axis=0, ddof=1) / math.sqrt(len(sums))
    apart = (sums - sums[:, [0]]).std(axis=0, ddof=1) / math.sqrt(len(sums))
    found, gain = estimate(WAR, grouped), replication_gain(WAR, grouped)
    np.testing.assert_allclose(found.value[0], war.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.se[0], se, rtol=1e-12)
    np.testing.assert_allclose(found.difference_se[0], apart, rtol=1e-9, atol=1e-15)
    plain = war.var(axis=0, ddof=1) / len(war), (war - war[:, [0]]).var(axis=0, ddof=1) / len(war)
    np.testing.assert_allclose(gain.value[0], plain[0] / se**2, rtol=1e-9)
    np.testing.assert_allclose(gain.difference[0, 1:], (plain[1] / np.where(apart > 0, apart, 1) ** 2)[1:], rtol=1e-9)
    assert np.isnan(gain.difference[0, 0])
    assert gain.value[0, 1] == pytest.approx(1 / size, rel=0.1)  # alike: as if there were so many fewer
    conditional = replication_gain(METRICS["war_given_challenge"], grouped).value
    assert np.isfinite(conditional).all()


def width(pairs: Any) -> float:
    """Width of the interval of war for pairs (group, 2) of one-shot crises of one institution."""
    rows = one_shot(np.where(np.asarray(pairs).reshape(-1, 1), Outcome.BILATERAL_WAR, Outcome.NO_CHALLENGE))
    found = estimate(WAR, groups_of(rows, 2, _PAIRS))
    return float((found.high - found.low)[0, 0])


_CHOSEN = [METRICS[name] for name in ("war", "war_given_challenge")]
_PAIRS = Plan(own_pairs(_CHOSEN), cross_pairs(_CHOSEN), 0, "none", group=2)


def test_intervals_of_groups_that_balance_are_shorter_than_plain_ones_only_where_enough_groups_differ() -> None:
    def balanced(groups: int, deviating: int) -> float:
        """War in one of each pair, but in both or none of the deviating ones."""
        pairs = np.tile([0, 1], (groups, 1))
        pairs[:deviating] = np.arange(deviating)[:, None] % 2
        return width(pairs)

    plain = 2 * 1.96 * 0.5 / math.sqrt(2 * 2000)
    # one of ten pairs is 1 away from its mean: a variance of 0.1 against 0.5
    assert balanced(2000, 200) == pytest.approx(plain * math.sqrt(0.2), rel=0.01)
    # of one that was seen to be, up to 5.57 may have been expected (exact Poisson limit), each 1/4000 away
    assert 2 * 5.57 / 4000 < balanced(2000, 1) < balanced(2000, 200)
    assert balanced(2000, 0) == pytest.approx(plain * math.sqrt(2), rel=0.01)
    assert balanced(5, 2) > 2 * 1.96 * 0.5 / math.sqrt(10)


def test_results_tell_the_gains_of_every_metric_with_their_method(tmp_path: Path) -> None:
    experiment = make("antithetic", 2000)
    with csmc.run(experiment, output=tmp_path / "out") as result:
        assert result.attrs["replication"] == "antithetic"
        for name in experiment.outputs.metrics:
            for variable in (f"{name}_replication_gain", f"{name}_difference_replication_gain"):
                assert "second moments of single ones" in result[variable].attrs["method"]
                assert "antithetic" in result[variable].attrs["long_name"]
                assert result[variable].dims == ("point", "institution")
        tallies = [tally_span(experiment, Span(point, 0, 2000), plan(experiment)) for point in range(2)]
        known = (np.full(2, number) for number in (2000, 2, 8))
        expected = replication_gain(WAR, Moments(stack(tallies), plan(experiment), *known))
        np.testing.assert_array_equal(result.war_replication_gain, expected.value)
        np.testing.assert_array_equal(result.war_difference_replication_gain, expected.difference)
        assert any(note.startswith("antithetic pairs: war ×") for note in summary(result).notes)


def test_plain_results_have_no_gains(tmp_path: Path) -> None:
    with csmc.run(make("plain", 200), output=tmp_path / "out") as result:
        assert [name for name in result if "replication_gain" in str(name)] == []
        assert not [note for note in summary(result).notes if "replication" in note]


def told(war: list[list[float]], apart: list[list[float]], replicates: int = 40_000) -> list[str]:
    dims = ("point", "institution")
    return list(
        gain_notes(
            xr.Dataset(
                {
                    "war_replication_gain": (dims, np.array(war)),
                    "war_difference_replication_gain": (dims, np.array(apart)),
                    "replicates": ("point", np.full(len(war), replicates)),
                },
                attrs={"replication": "antithetic"},
            )
        )
    )


def test_the_report_names_gains_the_lack_of_them_and_harm() -> None:
    gained, none = told([[1.5, 1.3]], [[math.nan, 1.2]]), told([[1.03, 1.03]], [[math.nan, 0.98]])
    assert [gained[0].split(";")[0]] == ["antithetic pairs: war ×1.40, differences ×1.20"]
    assert none[0].split(";")[0] == (
        "antithetic pairs: war ×1.03 (no gain), differences ×0.98 (no gain: plain replication is as good)"
    )
    assert len(gained) == 1
    assert len(none) == 1  # 0.98 from 20,000 pairs is within four standard errors of 1
    harm = told([[1.0, 0.8], [1.0, 1.0]], [[math.nan, 1.0], [math.nan, 0.5]])
    assert harm[1:] == [
        "WARNING: antithetic pairs make war less precise than plain replication would at 1 of 2 points; the variance "
        "is up to 1.2 times as large.",
        "WARNING: antithetic pairs make the differences of war less precise than plain replication would at 1 of 2 "
        "points; the variance is up to 2 times as large.",
    ]


def test_a_scheme_whose_groups_never_differ_has_no_known_gain() -> None:
    assert told([[math.nan]], [[math.nan]])[0].startswith("antithetic pairs: war unknown, differences unknown;")


@pytest.mark.parametrize("replication", GROUPS)
@pytest.mark.parametrize("episodes", [1, 2])
def test_what_becomes_of_wars_has_errors_of_the_sums_of_groups(replication: str, episodes: int) -> None:
    experiment, size = make(replication, parameters={"dynamics.episodes": episodes}), GROUPS[replication]
    the_plan = plan(experiment)
    whole = stack([tally_span(experiment, Span(0, 0, 1200), the_plan)])
    known = (np.array([number]) for number in (1200, episodes, 8))
    found = prevention(Moments(whole, the_plan, *known), 0, 1)
    groups = [tally_span(experiment, Span(0, first, size), the_plan) for first in range(0, 1200, size)]
    is_war = np.arange(N_OUTCOMES) >= Outcome.BILATERAL_WAR
    reference = the_plan.partners(2).tolist()[0]
    tables = np.array([group.joint[1 - reference, 0] for group in groups])
    tables = tables if reference == 1 else tables.swapaxes(1, 2)  # (group, outcome under 0, under 1)
    wars = tables[:, is_war].sum(axis=(1, 2)).astype(float)
    for counts, statement in (
        (tables[:, is_war][:, :, ~is_war].sum(axis=(1, 2)), found.fates),
        (tables[:, ~is_war][:, :, is_war].sum(axis=(1, 2)), found.added),
    ):
        share, informative = counts.sum() / wars.sum(), wars.sum() ** 2 / (wars**2).sum()
        apart = ((counts - share * wars) ** 2).sum() / wars.sum() ** 2 * informative / (informative - 1)
        assert counts.sum() > 0
        assert statement.value[0, PREVENTED] == pytest.approx(share, rel=1e-12)
        assert statement.se[0, PREVENTED] == pytest.approx(math.sqrt(apart), rel=1e-9)


ONE_SHOT: dict[str, Any] = {"parameters": {"crisis.audience_cost": 0.5}, "outputs": {"metrics": ["war"]}}


def test_the_best_of_groups_is_judged_by_their_second_moments(tmp_path: Path) -> None:
    counted = {"metrics": ["war"], "joint": "all"}
    with csmc.run(make("stratified", **ONE_SHOT | {"outputs": counted}), output=tmp_path / "out"):
        found = best(tmp_path / "out")
    assert "replicate or group as the unit" in found.attrs["chances"]
    assert "Clopper-Pearson" not in found.attrs["sure"]
    with csmc.run(make("plain", **ONE_SHOT | {"outputs": counted}), output=tmp_path / "plain"):
        assert "Clopper-Pearson" in best(tmp_path / "plain").attrs["sure"]


def test_counts_of_groups_are_not_taken_for_independent_crises(tmp_path: Path) -> None:
    output, three = tmp_path / "out", ["anarchy", "balance_of_power", "un_security_council"]
    csmc.run(make("antithetic", institutions=three, **ONE_SHOT), output=output).close()
    with pytest.raises(csmc.CsmcError, match=r"not with sampling.replication other than plain"):
        best(output)
    with pytest.raises(csmc.CsmcError, match=r"not with sampling.replication other than plain"):
        boundary(output, "war", "anarchy", "un_security_council", "interests.divergence")
    wars = ["bilateral_war", "limited_war", "general_war"]
    scale = [[outcome.name.lower() for outcome in Outcome if outcome.name.lower() not in wars], wars]
    with pytest.raises(csmc.ParameterError, match=r"sampling.replication: plain"):
        dominance(output, scale=scale)


@pytest.mark.parametrize("replication", GROUPS)
def test_groups_end_where_a_precision_is_reached_whatever_the_threads(replication: str, tmp_path: Path) -> None:
    sampling = {"precision": {"war": {"half_width": 0.02}}, "max_replicates": 3000, "replication": replication}
    ends = []
    for threads in (1, 2):
        experiment, store = make(sampling=sampling), Store(tmp_path / str(threads))
        engines.run(experiment, store, LocalEngine(threads))
        ends.append((store.digest(), store.ends.replicates.tolist() if store.ends else []))
    assert ends[0] == ends[1]
    for point, replicates in enumerate(ends[0][1]):
        assert replicates % GROUPS[replication] == 0
        moments_there = [tally_span(experiment, Span(point, 0, replicates), plan(experiment))]
        known = (np.array([number]) for number in (replicates, 2, 8))
        there = estimate(WAR, Moments(stack(moments_there), plan(experiment), *known), SEQUENTIAL_LEVEL)
        reached = float((there.high - there.low).max()) / 2 <= 0.02
        assert reached or replicates == 3000


@pytest.mark.parametrize("replication", GROUPS)
def test_the_same_experiment_with_other_numbers_of_replicates_keeps_its_scheme(replication: str) -> None:
    experiment = make(replication)
    assert experiment.sampled(2000).sampling.replication == replication
    assert experiment.sampled(2000).point(0).key == experiment.point(0).key


@pytest.mark.statistical
@pytest.mark.parametrize("replication", GROUPS)
def test_batches_of_groups_give_no_false_alarm_and_have_the_error_of_the_whole(
    replication: str, tmp_path: Path
) -> None:
    experiment = make(replication, 16_384, **ONE_SHOT)
    digest(tmp_path / "out", experiment)
    found = diagnose(tmp_path / "out")
    assert found.estimates.sel(check=["homogeneity", "drift", "slope"], state="ok").values.sum() > 0
    assert found.estimates.sel(check=["homogeneity", "drift", "dependence", "slope", "repeats"], state="off").sum() == 0
    (here,) = batches(Store(tmp_path / "out"))
    _, every = batch_moments(experiment, here)
    whole = stack([tally_span(experiment, Span(point, 0, 16_384), plan(experiment)) for point in range(2)])
    at_once = Moments(whole, plan(experiment), *(np.full(2, number) for number in (16_384, 1, 8)))
    own = influence(WAR, at_once)
    apart = estimate(WAR, at_once).difference_se ** 2
    for part in batched(every, own, (variance(at_once, own), apart), here.widths):
        assert (part.widths.sum(axis=1) == 16_384 // GROUPS[replication]).all()
        np.testing.assert_allclose(part.squares.sum(axis=1), part.variance, rtol=1e-9, atol=1e-15)


@pytest.mark.statistical
@pytest.mark.parametrize("size", [2, 4])
def test_the_error_of_no_gain_is_what_independent_replicates_show(size: int) -> None:
    generator = np.random.default_rng(5)
    runs, units = 4000, 200
    values = generator.random((runs, units, size)) ** 8  # skewed
    centred = values - values.mean(axis=(1, 2), keepdims=True)
    inverse_gain = (centred.sum(axis=2) ** 2).mean(axis=1) / (size * (centred**2).mean(axis=(1, 2)))
    spread = (inverse_gain - 1).std()
    assert spread / float(no_gain_error(size, np.array(units))) == pytest.approx(
        1, abs=4 * math.sqrt(1 / 2 / runs) + 0.02
    )


def test_the_kernel_is_made_ready_by_whole_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Tallies] = []
    monkeypatch.setattr("csmc.engine.warming.tally_span", lambda *work: counted.append(tally_span(*work)))
    warm_up(Job(make("stratified"), plan(make("stratified"))))  # which tells of no failure
    assert len(counted) == 1


def test_a_pilot_of_groups_forecasts(tmp_path: Path) -> None:
    forecast = csmc.forecast(make(), output=tmp_path / "out", seconds=0.2)
    assert forecast.half_widths["war"]["anarchy"].median > 0
