"""Configurations that Hypothesis makes of the whole language: legal ones load, run and come back the same."""

import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import csmc
from csmc.config import Experiment, load_experiment
from tests.evidence import Section
from tests.input.checking import violations
from tests.input.strategies import configurations
from tests.input.writing import block, flow

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def loaded(text: str) -> Experiment:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.yaml"
        path.write_text(text, encoding="utf-8")
        return load_experiment(path)


def meaning(experiment: Experiment) -> str:
    return json.dumps(experiment.identity(), sort_keys=True, allow_nan=False)


def check_that_it_runs_and_comes_back(configuration, write) -> Counter:
    experiment = loaded(write(configuration))
    assert list(violations(experiment)) == []
    again = loaded(flow(experiment.resolved()))
    assert meaning(again) == meaning(experiment)
    assert again.resolved() == experiment.resolved()
    institutions, points = len(experiment.institutions), experiment.n_points
    episodes = sum(experiment.point(i).values["dynamics.episodes"] for i in range(points))
    return Counter(
        configurations=1,
        points=points,
        episodes=institutions * experiment.sampling.replicates * episodes,
        designs="design" in configuration,
    )


def run_examples(examples: int) -> Counter:
    total: Counter = Counter()

    @settings(max_examples=examples, suppress_health_check=QUIET)
    @given(configurations(), st.sampled_from([flow, block]))
    def every_one(configuration, write):
        total.update(check_that_it_runs_and_comes_back(configuration, write))

    every_one()
    return total


def test_a_legal_configuration_runs_to_finite_results_that_add_up_and_comes_back_from_its_resolved_form():
    assert run_examples(60)["configurations"] >= 60


@pytest.mark.proof
def test_a_thousand_legal_configurations_run_to_finite_results_that_add_up_and_come_back(evidence):
    total = run_examples(1000)
    evidence(
        Section.INPUT,
        "Every generated legal configuration (all kinds of designs and institutions, values at and between the ends of "
        "every range, 2 to 64 states) loads; at every design point outcomes sum to episodes, every "
        "tally and estimate is "
        "within its bounds and none is infinite; and the resolved configuration means the same when it is read again.",
        f"{total['configurations']:,} configurations, {total['designs']:,} with a design, {total['points']:,} points, "
        f"{total['episodes']:,} institution-episodes: no violation",
    )


def check_a_whole_run(configuration, folder: Path) -> None:
    experiment = loaded(flow(configuration | {"outputs": {"metrics": "all"}}))
    with csmc.run(experiment, output=folder / "run", threads=1) as dataset:
        assert dataset.attrs["complete"] == 1
        shares = dataset["outcome_count"].sum("outcome").values
        for index in range(experiment.n_points):
            episodes = experiment.point(index).values["dynamics.episodes"]
            assert (shares[index] == experiment.sampling.replicates * episodes).all()
        again = Experiment.from_dict(json.loads(dataset.attrs["configuration_resolved"]))
        assert meaning(again) == meaning(experiment)
        written = loaded(dataset.attrs["configuration"])
        assert meaning(written) == meaning(experiment)


@pytest.mark.parametrize("examples", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_a_whole_run_keeps_the_configuration_that_made_it(examples, evidence):
    done = []

    @settings(max_examples=examples, suppress_health_check=QUIET)
    @given(configurations())
    def every_one(configuration):
        with tempfile.TemporaryDirectory() as folder:
            check_a_whole_run(configuration, Path(folder))
        done.append(1)

    every_one()
    if examples > 10:
        evidence(
            Section.INPUT,
            "A whole run of a generated configuration ends complete, its outcome counts sum to its episodes, and both "
            "configurations in its result, as given and as resolved, mean the same when they are read again.",
            f"{len(done)} runs",
        )
