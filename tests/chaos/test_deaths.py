"""The process of a run is killed, stopped or doubled at any moment: the next ends in the bits of an undisturbed run."""

import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from csmc.engine import Store
from tests.chaos.runs import CONFIG, KILLS, replicates_on_disk, started, until
from tests.evidence import Section

Evidence = Callable[[Section, str, str], None]
pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("chaos")]

#: How often a driver is killed that has given institutions to some files and not to others.
HALFWAY = 3


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "chaos.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    output = tmp_path_factory.mktemp("undisturbed")
    finish(config, output)
    return Store(output).digest()


def finish(config: Path, output: Path, *options: str) -> None:
    process = started(config, output, *options)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err


def ended(process: "subprocess.Popen[str]", number: signal.Signals, after: float) -> int:
    """The code of a run that got a signal after so many seconds, if it was still there."""
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        process.communicate(timeout=60)
    return process.returncode


def test_a_driver_that_is_killed_at_random_moments_loses_nothing_that_was_written(
    config: Path, undisturbed: str, tmp_path: Path, evidence: Evidence
) -> None:
    generator = random.Random(20261124)
    deaths = outputs = 0
    output = tmp_path / "0"
    while deaths < KILLS:
        kept = replicates_on_disk(output)
        process = started(config, output)
        until((output / "spec.json").exists, process)
        code = ended(process, signal.SIGKILL, generator.uniform(0.0, 3.0))
        deaths += code == -signal.SIGKILL
        assert replicates_on_disk(output) >= kept
        if code == 0:
            assert Store(output).digest() == undisturbed
            outputs += 1
            output = tmp_path / str(outputs)
    finish(config, output)
    assert Store(output).digest() == undisturbed
    evidence(
        Section.FAULTS,
        "A driver that is killed at random moments (SIGKILL) loses nothing that was on disk; run again until it "
        "finishes, it ends in the digest of an undisturbed run.",
        f"{deaths} kills",
    )


def test_a_driver_that_is_killed_while_it_adds_institutions_loses_nothing_that_was_written(
    config: Path, tmp_path: Path, evidence: Evidence
) -> None:
    few = ("-s", "outputs.joint=none", "-s", "sampling.replicates=1_000_000")
    more = (*few, "-s", "institutions=[anarchy, un_security_council, balance_of_power]")
    for replicates in (200_000, 400_000, 600_000, 800_000, 1_000_000):  # at least a file each
        finish(config, tmp_path / "few", *few, "-s", f"sampling.replicates={replicates}")
    finish(config, tmp_path / "all", *more)
    undisturbed, everything = Store(tmp_path / "all").digest(), replicates_on_disk(tmp_path / "all")
    generator = random.Random(20261124)
    deaths = halfway = 0
    for attempt in range(KILLS):
        output = tmp_path / str(attempt)
        shutil.copytree(tmp_path / "few", output)
        process = started(config, output, *more)
        until(lambda: 0 < replicates_on_disk(output) < everything, process)  # noqa: B023
        deaths += ended(process, signal.SIGKILL, generator.uniform(0.0, 0.5)) == -signal.SIGKILL
        store = Store(output)
        assert store.begun.replicates()[1].sum() == everything
        halfway += bool(store.files() and store.narrow())
        finish(config, output, *more)
        assert Store(output).digest() == undisturbed
        if halfway == HALFWAY:
            break
    assert halfway == HALFWAY
    evidence(
        Section.FAULTS,
        "A driver that is killed (SIGKILL) while it adds an institution to an output loses nothing that was on disk; "
        "run again, it ends in the digest of one run with all institutions.",
        f"{deaths} kills, {halfway} of them with some files widened and some not",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_driver_that_is_asked_to_stop_keeps_its_work_and_says_so(
    number: signal.Signals, config: Path, undisturbed: str, tmp_path: Path, evidence: Evidence
) -> None:
    process = started(config, tmp_path / "out")
    until(lambda: replicates_on_disk(tmp_path / "out"), process)
    assert ended(process, number, 0.1) == 130
    kept = replicates_on_disk(tmp_path / "out")
    assert kept > 0
    finish(config, tmp_path / "out")
    assert Store(tmp_path / "out").digest() == undisturbed
    evidence(
        Section.FAULTS,
        f"{number.name} ends a run with code 130 after the tasks in flight; the next run goes on to the same digest.",
        "work was kept",
    )


def test_of_two_drivers_on_one_output_one_is_refused(
    config: Path, undisturbed: str, tmp_path: Path, evidence: Evidence
) -> None:
    first = started(config, tmp_path)
    until((tmp_path / "spec.json").exists, first)
    second = started(config, tmp_path)
    _, refusal = second.communicate(timeout=60)
    _, err = first.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 2), err + refusal
    assert f"process {first.pid}" in refusal
    assert Store(tmp_path).digest() == undisturbed
    evidence(
        Section.FAULTS,
        "A second driver on the same output is refused and told who holds it; the first one finishes.",
        "code 2",
    )
