"""A configuration to test with, and what is wrong with others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from csmc.config import Experiment, load_experiment
from csmc.errors import ConfigError

#: Writes text under a name in the test's directory.
Write = Callable[..., Path]

GOOD = """
name: divergence-and-commitment
question: When does collective security keep the peace?
seed: 20261122
institutions:
  - anarchy
  - balance_of_power
  - {name: un_veto_restraint, extends: un_security_council, council.veto: none}
parameters:
  system: {n_states: 6}
  crisis.war_cost: 1e-1
  institutions.*.forum.norm: 0.3
design:
  grid:
    interests.divergence: {linspace: [0, 3, 4]}
    institutions.*.obligation.strength: {multiply: [0.5, 1]}
sampling: {replicates: 100_000}
"""


def refusal(path: Path, overrides: Sequence[str] = ()) -> tuple[str, ...]:
    """The problems of a file."""
    with pytest.raises(ConfigError) as caught:
        load_experiment(path, overrides)
    return caught.value.problems


def refusal_of(**sections: Any) -> tuple[str, ...]:
    """The problems of Python objects."""
    with pytest.raises(ConfigError) as caught:
        Experiment(**({"institutions": ["anarchy"]} | sections))
    return caught.value.problems
