"""Where a result comes from: complete, flat, and the same for the same code on the same machine."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

import csmc
from csmc import provenance as module
from csmc._jit import DIGEST
from csmc.config import Experiment
from csmc.provenance import provenance, times

LARGEST_SEED = 2**64 - 1


@pytest.fixture
def experiment() -> Experiment:
    return Experiment.from_dict({"name": "small", "seed": LARGEST_SEED, "institutions": ["anarchy"]})


def test_provenance_is_flat_and_complete(experiment: Experiment) -> None:
    facts = provenance(experiment)
    assert all(isinstance(value, str | int) for value in facts.values())
    assert facts["csmc_version"] == csmc.__version__
    assert facts["numpy_version"] == np.__version__
    assert facts["kernel_digest"] == DIGEST
    assert facts["seed"] == str(LARGEST_SEED), "no format of 64 signed bits may round it"
    assert all(facts[name] for name in ("platform", "cpu", "python_version", "llvmlite_version", "zarr_version"))


def test_provenance_is_the_same_twice(experiment: Experiment) -> None:
    assert provenance(experiment) == provenance(experiment)


def test_a_checkout_names_its_commit() -> None:
    found = module.commit()
    if found:
        assert re.fullmatch(r"[0-9a-f]{40}", found["git_commit"])
        assert found["git_state"] in {"clean", "modified"}


def test_an_installation_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHECKOUT", tmp_path)
    assert module.commit.__wrapped__() == {}


def test_times_are_in_universal_time() -> None:
    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert times(began, datetime(2026, 1, 2, 1, 5, tzinfo=UTC)) == {
        "started": "2026-01-02T01:04:05+00:00",
        "finished": "2026-01-02T01:05:00+00:00",
    }
