"""The process of a run is killed, stopped or doubled at any moment: the next ends in the bits of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from csmc.engine import Store
from tests.chaos.runs import finish, replicates_on_disk, started, until
from tests.evidence import told

Fault = Callable[..., None]
pytestmark = [pytest.mark.xdist_group("chaos")]

#: How often a driver is killed in the long version.
KILLS = int(os.environ.get("CSMC_KILLS", "15"))

#: How often a driver is killed that has given institutions to some files and not to others.
HALFWAY = 3


def ended(process: "subprocess.Popen[str]", number: signal.Signals, after: float) -> tuple[int, str]:
    """The code of a run that got a signal after so many seconds, if it was still there, and what it said."""
    try:
        _, err = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.parametrize("kills", [2, pytest.param(KILLS, marks=pytest.mark.proof)])
def test_a_driver_that_is_killed_at_random_moments_loses_nothing_that_was_written(
    kills: int, config: Path, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    generator = random.Random(20261124 + kills)
    deaths = outputs = 0
    output = tmp_path / "0"
    while deaths < kills:
        kept = replicates_on_disk(output)
        process = started(config, output)
        until((output / "spec.json").exists, process)
        code, _ = ended(process, signal.SIGKILL, generator.uniform(0.0, 2.0))
        deaths += code == -signal.SIGKILL
        assert replicates_on_disk(output) >= kept
        if code == 0:
            assert Store(output).digest() == undisturbed
            outputs += 1
            output = tmp_path / str(outputs)
    assert finish(config, output) == undisturbed
    if kills == KILLS:
        fault(
            f"the driver is killed (SIGKILL) {kills} times, at random moments",
            "nothing; the same command goes on",
            lost="at most the last seconds, done again",
        )


@pytest.mark.proof
def test_a_driver_that_is_killed_between_looks_ends_at_the_same_ones(config: Path, tmp_path: Path) -> None:
    precise = ("-s", "sampling={precision: {war: {half_width: 0.0006}}, max_replicates: 2_000_000}")
    generator, undisturbed = random.Random(20261128), finish(config, tmp_path / "whole", *precise)
    output, deaths = tmp_path / "killed", 0
    for _ in range(5):
        process = started(config, output, *precise)
        until((output / "spec.json").exists, process)
        code, _ = ended(process, signal.SIGKILL, generator.uniform(0.5, 3.0))
        deaths += code == -signal.SIGKILL
    assert deaths >= 2
    assert finish(config, output, *precise) == undisturbed
    assert Store(output).ends.replicates.tolist() == Store(tmp_path / "whole").ends.replicates.tolist()


@pytest.mark.proof
def test_a_driver_that_is_killed_while_it_adds_institutions_loses_nothing_that_was_written(
    config: Path, tmp_path: Path, fault: Fault
) -> None:
    few = ("-s", "outputs.joint=none", "-s", "sampling.replicates=1_000_000")
    more = (*few, "-s", "institutions=[anarchy, un_security_council, balance_of_power]")
    for replicates in (200_000, 400_000, 600_000, 800_000, 1_000_000):  # at least a file each
        finish(config, tmp_path / "few", *few, "-s", f"sampling.replicates={replicates}")
    undisturbed = finish(config, tmp_path / "all", *more)
    everything = replicates_on_disk(tmp_path / "all")
    generator = random.Random(20261124)
    halfway = 0
    for attempt in range(KILLS):
        output = tmp_path / str(attempt)
        shutil.copytree(tmp_path / "few", output)
        process = started(config, output, *more)
        until(lambda: 0 < replicates_on_disk(output) < everything, process)  # noqa: B023
        ended(process, signal.SIGKILL, generator.uniform(0.0, 0.5))
        store = Store(output)
        assert store.begun.replicates()[1].sum() == everything
        halfway += bool(store.files() and store.narrow())
        assert finish(config, output, *more) == undisturbed
        if halfway == HALFWAY:
            break
    assert halfway == HALFWAY
    fault(
        f"the driver is killed (SIGKILL) {halfway} times while it adds an institution, with some files widened",
        "nothing; the same command goes on",
        lost="what was done for the files in work, done again",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.proof)])
def test_a_driver_that_is_asked_to_stop_keeps_its_work_and_says_so(
    number: signal.Signals, config: Path, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process = started(config, tmp_path / "out")
    until(lambda: replicates_on_disk(tmp_path / "out"), process)
    code, said = ended(process, number, 0.1)
    assert code == 130
    assert replicates_on_disk(tmp_path / "out") > 0
    assert finish(config, tmp_path / "out") == undisturbed
    fault(f"the driver gets {number.name}", told(said, tmp_path / "out"), code=code)


@pytest.mark.proof
def test_of_two_drivers_on_one_output_one_is_refused(
    config: Path, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    first = started(config, tmp_path)
    until((tmp_path / "spec.json").exists, first)
    second = started(config, tmp_path)
    _, refusal = second.communicate(timeout=60)
    _, err = first.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 2), err + refusal
    assert f"process {first.pid}" in refusal
    assert Store(tmp_path).digest() == undisturbed
    fault("a second driver on the same output", told(refusal, tmp_path), code=2)
