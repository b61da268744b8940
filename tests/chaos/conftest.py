"""The experiment of a file's runs, and the digest that every disturbed one has to end in."""

from pathlib import Path

import pytest

from tests.chaos.runs import CONFIG, finish


@pytest.fixture(scope="module")
def config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment: the file's own `CONFIG`, else that of `runs`."""
    path = tmp_path_factory.mktemp("config") / "chaos.yaml"
    path.write_text(getattr(request.module, "CONFIG", CONFIG))
    return path


@pytest.fixture(scope="module")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a run of it that nothing disturbs."""
    return finish(config, tmp_path_factory.mktemp("undisturbed"))
