"""A configuration to test with, and what is wrong with others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import csmc
from csmc.config import Experiment, load_experiment
from csmc.errors import ConfigError

#: Writes text under a name in the test's directory.
Write = Callable[..., Path]


class Ended(NamedTuple):
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str


#: Runs a command in this process.
Command = Callable[..., Ended]

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


def ran(text: str, folder: Path, *changes: str) -> Path:
    """The output of a configuration with some values overridden, which has run; it is `experiment.yaml` beside it."""
    config = folder / "experiment.yaml"
    config.write_text(text)
    csmc.run(load_experiment(config, changes), output=folder / "out", threads=1).close()
    return folder / "out"
