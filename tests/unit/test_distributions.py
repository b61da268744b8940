"""Distributions as ranges of a design: what is drawn, and what is refused."""

import math
from collections import Counter
from pathlib import Path

import mpmath
import numpy as np
import pytest

from csmc.config import Experiment, load_experiment
from csmc.config.distributions import SHAPES, conditioned
from csmc.errors import ConfigError
from tests.unit.configurations import Write, refusal_of

N = 512


def drawn(distribution, path="interests.divergence", kind="lhs", institutions=("un_security_council",)):
    design = {kind: {"points": N, "ranges": {path: {"distribution": distribution}}}}
    return Experiment(institutions=list(institutions), design=design).coordinates()[path]


def normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def lognormal(x: float) -> float:
    return normal(math.log(x / 0.8) / 0.5) if x > 0 else 0.0


def triangular(x: float) -> float:
    return x * x / 4 if x <= 1 else 1 - (4 - x) ** 2 / 12


def beta(x: float) -> float:
    """Of a = 2, b = 3 on [1, 3]."""
    y = (x - 1) / 2
    return 6 * y**2 - 8 * y**3 + 3 * y**4


CASES = [
    ({"normal": {"mean": 2, "sd": 1.5}, "within": [0, 4]}, lambda x: normal((x - 2) / 1.5), 0, 4),
    ({"lognormal": {"median": 0.8, "sigma": 0.5}, "within": [0, 5]}, lognormal, 0, 5),
    ({"lognormal": {"median": 0.8, "sigma": 0.5}, "within": [2, 10]}, lognormal, 2, 10),
    ({"triangular": {"low": 0, "mode": 1, "high": 4}}, triangular, 0, 4),
    ({"triangular": {"low": 0, "mode": 1, "high": 4}, "within": [0.5, 9]}, triangular, 0.5, 4),
    ({"beta": {"a": 2, "b": 3, "low": 1, "high": 3}}, beta, 1, 3),
    ({"uniform": [1, 3]}, lambda x: (x - 1) / 2, 1, 3),
    ({"log": [1, 4]}, lambda x: math.log(x) / math.log(4), 1, 4),
]


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
@pytest.mark.parametrize(("distribution", "below", "low", "high"), CASES)
def test_each_of_equally_likely_parts_of_a_distribution_has_one_point(distribution, below, low, high, kind):
    """The share of the conditioned distribution below each value, by the closed form of its own."""
    mass = below(high) - below(low)
    shares = np.sort([(below(x) - below(low)) / mass for x in drawn(distribution, kind=kind)])
    first = np.arange(N) / N
    assert (shares >= first - 1e-9).all()
    assert (shares <= first + 1 / N + 1e-9).all()


def test_the_upper_tail_has_as_many_digits_as_the_lower():
    from scipy import stats

    frozen = SHAPES["normal"].frozen(stats, {"mean": 0.0, "sd": 1.0})
    upper, _ = conditioned(frozen, 3.0, 10.0, whole=False)
    lower, _ = conditioned(frozen, -10.0, -3.0, whole=False)
    shares = np.array([0.5, 1 - 2.0**-20, 1 - 2.0**-30])
    values = upper.quantile(shares)
    assert values == pytest.approx(-lower.quantile(1 - shares), rel=1e-14)
    with mpmath.workdps(40):
        tails = [mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / mpmath.erfc(3 / mpmath.sqrt(2)) for x in values]
    assert [float(tail) for tail in tails] == pytest.approx((1 - shares).tolist(), rel=1e-11)


def test_a_whole_number_is_the_nearest_to_what_is_drawn_on_the_condition_that_it_is_within():
    counts = Counter(drawn({"normal": {"mean": 8, "sd": 3}, "within": [2, 12]}, "system.n_states"))
    mass = normal((12.5 - 8) / 3) - normal((1.5 - 8) / 3)
    for states in range(2, 13):
        share = (normal((states + 0.5 - 8) / 3) - normal((states - 0.5 - 8) / 3)) / mass
        assert abs(counts[states] - N * share) <= 2  # one at either end of the stratum
    assert set(counts) == set(range(2, 13))


def test_a_distribution_without_within_ends_at_the_nearest_whole_numbers():
    counts = Counter(drawn({"triangular": {"low": 2, "mode": 2, "high": 6}}, "system.n_states"))
    assert sorted(counts) == [2, 3, 4, 5, 6]
    assert counts[2] == pytest.approx(N * (1 - (3.5 / 4) ** 2), abs=1)


def test_choices_have_their_weights_for_text_booleans_and_numbers():
    weighted = {"values": ["none", "permanent", "all"], "weights": [1, 2, 5]}
    vetoes = Counter(drawn({"choice": weighted}, "institutions.*.council.veto"))
    assert vetoes == {"none": N // 8, "permanent": N // 4, "all": 5 * N // 8}
    assert Counter(drawn({"choice": [True, False]}, "institutions.*.council.parties_abstain")) == {
        "true": N // 2,
        "false": N // 2,
    }
    assert Counter(drawn({"choice": [1, 2.5]})) == {1.0: N // 2, 2.5: N // 2}
    assert Counter(drawn({"choice": ["equal", "pareto"]}, "system.capability.distribution")) == {
        "equal": N // 2,
        "pareto": N // 2,
    }


@pytest.mark.parametrize(
    ("distribution", "path", "expected"),
    [
        (
            {"lognormal": {"median": 1, "sigma": 1}},
            "interests.divergence",
            "reaches to inf, but must be a number in [0",
        ),
        ({"triangular": {"low": 0, "mode": 5, "high": 20}}, "interests.divergence", "add within: [low, high]"),
        ({"normal": {"mean": 1, "sd": 1}, "within": [0, 20]}, "interests.divergence", "must be a number in [0, 10]"),
        ({"normal": {"mean": 1, "sd": 1}, "within": [2, 1]}, "interests.divergence", "low must be below high"),
        (
            {"normal": {"mean": 1, "sd": 0.1}, "within": [5, 10]},
            "interests.divergence",
            "at least 0.001 must be within",
        ),
        ({"normal": {"mean": 1, "sd": 0}, "within": [0, 1]}, "interests.divergence", "must be a number above 0"),
        ({"normal": {"mean": 1}, "within": [0, 1]}, "interests.divergence", "must be a mapping of mean, sd"),
        ({"normal": {"mean": 1, "sd": 1, "df": 3}}, "interests.divergence", "must be a mapping of mean, sd"),
        ({"normal": [1, 2], "within": [0, 1]}, "interests.divergence", "must be a mapping of mean, sd"),
        ({"triangular": {"low": 0, "mode": 6, "high": 5}}, "interests.divergence", "must be from low to high"),
        ({"triangular": {"low": 5, "mode": 5, "high": 5}}, "interests.divergence", "low must be below high"),
        ({"beta": {"a": 1e-90, "b": 1}}, "interests.divergence", "too extreme"),
        ({"lognormall": {"median": 1, "sigma": 1}}, "interests.divergence", "did you mean lognormal?"),
        ({"uniform": [0, 1], "within": [0, 1]}, "interests.divergence", "cannot stand beside uniform"),
        ({"choice": [1]}, "interests.divergence", "two or more values"),
        ({"choice": [1, 1]}, "interests.divergence", "more than once"),
        ({"choice": [1, 11]}, "interests.divergence", "must be a number in [0, 10]"),
        ({"choice": {"values": [1, 2], "weights": [1]}}, "interests.divergence", "2 numbers above 0"),
        ({"choice": {"values": [1, 2], "weights": [1, 0]}}, "interests.divergence", "2 numbers above 0"),
        ({"normal": {"mean": 1, "sd": 1}}, "system.geography.layout", "use choice"),
        ({"normal": {"mean": 1, "sd": 1}}, "interests.divergenc", "did you mean interests.divergence"),
        (3, "interests.divergence", "must be one of uniform, log, normal"),
        ({}, "interests.divergence", "must be one of uniform, log, normal"),
    ],
)
def test_a_distribution_that_makes_no_legal_values_is_refused(distribution, path, expected):
    problems = refusal_of(design={"lhs": {"points": 4, "ranges": {path: {"distribution": distribution}}}})
    assert len(problems) == 1
    assert expected in problems[0]


def test_problems_of_a_distribution_name_the_line(write: Write):
    text = """
        institutions: [anarchy]
        design:
          sobol:
            points: 4
            ranges:
              crisis.war_cost:
                distribution:
                  lognormal: {median: 1, sigma: 1}
                  within: [0.1, 2000]
    """
    with pytest.raises(ConfigError, match=r"experiment\.yaml:10: .*within = 2000: must be a number in \[1e-9, 1000\]"):
        load_experiment(write(text))


def test_the_parameter_that_is_called_distribution_can_be_given_nested_and_dotted():
    choice = {"choice": ["equal", "pareto"]}
    for ranges in (
        {"system": {"capability": {"distribution": {"distribution": choice}}}},
        {"system.capability": {"distribution": {"distribution": choice}}},
        {"system.capability.distribution": {"distribution": choice}},
        {"system.capability.distribution.distribution": choice},
    ):
        experiment = Experiment(institutions=["anarchy"], design={"lhs": {"points": 4, "ranges": ranges}})
        assert sorted(experiment.coordinates()["system.capability.distribution"]) == ["equal"] * 2 + ["pareto"] * 2


def randomized(randomizations, kind="lhs", seed=3):
    ranges = {"crisis.war_cost": [0.25, 1.25], "response.noise": [0.1, 1]}
    design = {kind: {"points": 16, "randomizations": randomizations, "seed": seed, "ranges": ranges}}
    return Experiment(institutions=["anarchy"], design=design)


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_randomizations_are_different_samples_each_of_which_fills_the_space(kind):
    experiment = randomized(5, kind)
    numbers = np.array(experiment.layout()["randomization"])
    costs = np.array(experiment.coordinates()["crisis.war_cost"])
    assert numbers.tolist() == [number for number in range(5) for _ in range(16)]
    strata = [np.floor((costs[numbers == number] - 0.25) * 16) for number in range(5)]
    assert all(sorted(each) == list(range(16)) for each in strata)
    assert len({tuple(each) for each in strata}) == 5


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_more_randomizations_go_on_from_fewer_and_the_first_is_the_plain_sample(kind):
    def points(experiment):
        return [tuple(experiment.design.assignment(index).items()) for index in range(experiment.n_points)]

    assert points(randomized(5, kind))[:16] == points(randomized(1, kind))
    assert points(randomized(5, kind))[:48] == points(randomized(3, kind))
    assert points(randomized(2, kind))[16:] != points(randomized(2, kind, seed=4))[16:]


def test_the_second_randomization_is_always_the_same():
    """Seeds of randomizations follow from seed and number as numpy's SeedSequence spawns them, which it keeps."""
    assert randomized(2).coordinates()["crisis.war_cost"][16] == 0.770021094453


def test_samples_from_elsewhere_are_randomizations_too():
    samples = [{"zip": {"crisis.war_cost": values}} for values in ([0.1, 0.6], [0.3, 0.9])]
    experiment = Experiment(institutions=["anarchy"], design={"samples": samples})
    assert experiment.layout() == {"randomization": [0, 0, 1, 1]}
    assert any("equally many points" in problem for problem in refusal_of(design={"samples": samples[:1]}))
    longer = {"zip": {"crisis.war_cost": [0.1, 0.6, 0.7]}}
    assert any("equally many points" in problem for problem in refusal_of(design={"samples": [*samples, longer]}))


def test_a_product_with_randomized_samples_keeps_their_numbers():
    samples = {"lhs": {"points": 2, "randomizations": 2, "ranges": {"crisis.war_cost": [0.1, 1]}}}
    grid = {"grid": {"interests.divergence": [0, 1]}}
    experiment = Experiment(institutions=["anarchy"], design={"product": [grid, samples]})
    assert experiment.layout() == {"randomization": [0, 0, 1, 1, 0, 0, 1, 1]}
    assert len(experiment.coordinates()["crisis.war_cost"]) == 8


def test_too_many_points_in_all_randomizations_are_refused():
    ranges = {"crisis.war_cost": [0.1, 1]}
    design = {"lhs": {"points": 1_000_000, "randomizations": 2, "ranges": ranges}}
    assert any("comes to 2,000,000 points" in problem for problem in refusal_of(design=design))


def test_twice_as_many_points_of_sobol_sequences_keep_those_that_there_are():
    def samples(points):
        ranges = {"crisis.war_cost": [0.25, 1.25], "interests.divergence": [0, 1]}
        design = {"sobol": {"points": points, "randomizations": 3, "seed": 3, "ranges": ranges}}
        experiment = Experiment(institutions=["anarchy"], design=design)
        return {tuple(experiment.design.assignment(index).items()) for index in range(experiment.n_points)}

    assert samples(16) < samples(32)


@pytest.mark.parametrize("heading", ["Distributions", "Derived parameters"])
def test_the_examples_of_the_documentation_are_legal(heading, root: Path, write: Write):
    section = (root / "docs" / "configuration.md").read_text().split(f"\n## {heading}\n")[1]
    example = section.split("```yaml\n")[1].split("```")[0]
    institutions = "institutions: [un_security_council, league_of_nations]\n"
    assert load_experiment(write(institutions + example)).n_points > 0
