"""The configuration of a finished run as files that stand by themselves; edit when an experiment can need another file.

Tables go beside the configuration, under names that lead nowhere else: those of the run may be of another machine.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from csmc.config import Experiment, load_experiment
from csmc.config.export import source_of
from csmc.config.reading import read_document
from csmc.config.tables import distances_text, states_text
from csmc.config.tableset import DISTANCES, STATES, Tables
from csmc.engine.progress import total_episodes
from csmc.engine.spec import spec_digest
from csmc.errors import ConfigError, CsmcError

#: The files, and where their tables are.
GIVEN, RESOLVED, SMALL, TABLES = "given.yaml", "resolved.yaml", "small.yaml", "tables"
#: Crises, each under every institution, that a small run plays about at most, and replicates of a point at most.
SMALL_EPISODES, SMALL_REPLICATES = 2_000_000, 1_000


def write_configuration(experiment: Experiment, given: str, folder: Path) -> int:
    """Write the experiment as it was given, as it is resolved, and with few replicates; how many those are.

    Raises
    ------
    CsmcError
        No file that a run can start from says what the experiment is.
    """
    folder.mkdir()
    (folder / GIVEN).write_text(given, encoding="utf-8")
    tables = experiment.identity()["tables"]
    names = _names(tables)
    _write_tables(tables, names, folder)
    moved = {path: {names[name]: table for name, table in tables[path].items()} for path in tables}
    configuration = _portable(experiment, names)
    meant = spec_digest(Experiment.from_contents(configuration, None, moved).identity())
    for text in _spellings(configuration, folder, names):
        (folder / RESOLVED).write_text(text, encoding="utf-8")
        if _meaning(folder / RESOLVED) == meant:
            break
    else:
        raise CsmcError(
            f"{experiment.name}: no single file says what this experiment is: its design is too large to be written "
            "out, or is a sample that is not in the configuration itself but in a file that it extends, or in an "
            "option; put the design into the configuration, and run it again"
        )
    replicates = _few(experiment)
    (folder / SMALL).write_text(_small(replicates), encoding="utf-8")
    return replicates


def _names(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """New names of all tables: numbered, with what they are called."""
    every = [name for path in (STATES, DISTANCES) for name in tables[path]]
    return {name: f"{TABLES}/{number}_{Path(name).name}" for number, name in enumerate(dict.fromkeys(every), 1)}


def _write_tables(tables: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], folder: Path) -> None:
    read = Tables.from_contents(tables)
    texts = {name: states_text(table) for name, table in read.states.items()}
    texts |= {name: distances_text(table) for name, table in read.distances.items()}
    for name, text in texts.items():
        path = folder / names[name]
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _portable(experiment: Experiment, names: Mapping[str, str]) -> dict[str, Any]:
    """The resolved configuration with its tables by their new names, and without what is of one machine."""
    configuration = experiment.resolved()
    del configuration["execution"]  # cores and addresses, which never change a number
    configuration["outputs"]["path"] = f"results/{experiment.name}"
    moved: dict[str, Any] = _renamed(configuration, names)
    return moved


def _renamed(data: Any, names: Mapping[str, str], is_name: bool = False) -> Any:
    """`data` with other names of tables wherever a table is named."""
    if isinstance(data, Mapping):
        return {key: _renamed(value, names, is_name or key in (STATES, DISTANCES)) for key, value in data.items()}
    if isinstance(data, list):
        return [_renamed(value, names, is_name) for value in data]
    return names.get(data, data) if is_name and isinstance(data, str) else data


def _spellings(configuration: dict[str, Any], folder: Path, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the configuration with its design written out, then as it was given: a sample is known by its seed only."""
    head = "# The experiment with every default filled in. This is JSON, which is YAML too.\n"
    yield head + source_of(configuration)
    try:
        given = read_document(folder / GIVEN).data
    except ConfigError:
        return
    if isinstance(given, Mapping) and "design" in given:
        yield head + source_of({**configuration, "design": _renamed(given["design"], names)})


def _meaning(file: Path) -> str | None:
    """What identifies the experiment in a file; None if it is none."""
    try:
        return spec_digest(load_experiment(file).identity())
    except ConfigError:
        return None


def _few(experiment: Experiment) -> int:
    """Replicates of each point for a run of seconds: whole groups, no more than the run had, at least two."""
    most, group = experiment.sampling.most, experiment.sampling.group
    each = total_episodes(experiment) / most * len(experiment.institutions)
    few = min(max(int(SMALL_EPISODES / each), 2), SMALL_REPLICATES, most)
    return max(few // group, 1) * group


def _small(replicates: int) -> str:
    return (
        f"# The same experiment with few replicates: a check of seconds, see check.py\nextends: {RESOLVED}\n"
        f"sampling: {{replicates: {replicates}, precision: null, max_replicates: null}}\n"
    )
