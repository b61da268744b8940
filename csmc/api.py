"""csmc from Python: the same power as the command line, and nothing that prints."""

import os
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from csmc import config
from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import Store
from csmc.engine.driver import ignore
from csmc.engine.progress import OnProgress
from csmc.engine.shards import parse_share, shard_store
from csmc.engine.spans import Share
from csmc.errors import ParameterError, PartialError
from csmc.estimate import targets
from csmc.machine import available_cores
from csmc.pilot import Forecast, try_out
from csmc.results import assemble, open_results

__all__ = ["forecast", "load_experiment", "output_path", "run"]

#: Numbers of cores that a forecast is for beside this machine's.
CORES = (16, 64, 256)


def load_experiment(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Experiment:
    """Read an experiment from its YAML file.

    Parameters
    ----------
    path
        The file.
    overrides
        Values that replace those of the file, each as on the command line: `path=value`.

    Raises
    ------
    ConfigError
        Something in the file or in the overrides is wrong; it names everything that is.
    """
    experiment = config.load_experiment(Path(path), overrides)
    targets(experiment)
    return experiment


def run(
    experiment: Experiment | str | os.PathLike[str],
    *,
    threads: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: OnProgress | None = None,
) -> xr.Dataset:
    """Simulate an experiment, keep everything on disk, and open the result.

    An output that holds part of the same experiment is continued; more replicates, more points and, without joint
    tables, more institutions extend it. Where and on how many cores it runs never changes a number.

    Parameters
    ----------
    experiment
        An experiment, or the path of its YAML file.
    threads
        Threads of this process, or workers of a Ray started here; every core by default.
    engine
        "local", "ray", or "auto": Ray if a cluster has an address, else local.
    address
        Address of a Ray cluster, host:port.
    output
        The directory to write; by default that of the configuration, else `results/<name>`.
    progress
        Called with a `csmc.engine.Progress` whenever some work has finished.

    Returns
    -------
    The Dataset that `csmc.open_results` opens; its variables are read from disk when they are used.

    Raises
    ------
    ConfigError
        The configuration is wrong; nothing has run.
    StoreError
        The output cannot hold this experiment; nothing has run and nothing there has been changed.
    PartialError
        Some work failed; the rest has been done, and the result of it written.
    KeyboardInterrupt
        Ctrl-C; what had finished is kept, and the same call goes on from there.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment)
    store = Store(output_path(experiment, output))
    chosen = engines.choose(experiment, engine=engine, threads=threads, address=address)
    try:
        engines.run(experiment, store, chosen, progress or ignore)
    except PartialError:
        assemble(experiment, store)  # of what has been done
        raise
    assemble(experiment, store)
    return open_results(store.path)


def forecast(
    experiment: Experiment | str | os.PathLike[str],
    *,
    cores: Sequence[int] = (),
    seconds: float = 3.0,
    output: str | os.PathLike[str] | None = None,
) -> Forecast:
    """Say what a run would cost and how precise it would be, from a pilot that simulates some of it; writes nothing.

    Parameters
    ----------
    experiment
        An experiment, or the path of its YAML file.
    cores
        Numbers of cores to give times on the clock for; by default this machine's, 16, 64 and 256.
    seconds
        How long the pilot simulates, on every core of this machine (or as many as `execution.threads` says).
    output
        Where the run would write, as in `run`; what is there already is not done again.

    Raises
    ------
    ConfigError
        The configuration is wrong.
    ParameterError
        A number of cores below 1, or no seconds.
    StoreError
        The output cannot hold this experiment.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment)
    if not seconds > 0:
        raise ParameterError(f"seconds={seconds} is not above 0; a pilot has to simulate something")
    if min(cores, default=1) < 1:
        raise ParameterError(f"cores={min(cores)} is below 1; give numbers of cores, as in 64")
    here = experiment.execution.threads or available_cores()
    chosen = sorted(set(cores or (here, *CORES)))
    return try_out(experiment, Store(output_path(experiment, output)), cores=chosen, seconds=seconds, here=here)


def run_shard(
    experiment: Experiment,
    shard: str,
    *,
    threads: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: OnProgress | None = None,
) -> Share:
    """Simulate one share of an experiment, `i/N`, into a folder of its own inside the output; see `csmc collect`.

    Parameters and errors are those of `run`. Shares never overlap, and all of them together are the experiment.
    """
    share = parse_share(shard)
    store = shard_store(output_path(experiment, output), share)
    chosen = engines.choose(experiment, engine=engine, threads=threads, address=address)
    engines.run(experiment, store, chosen, progress or ignore, share)
    return share


def output_path(experiment: Experiment, output: str | os.PathLike[str] | None = None) -> Path:
    """The directory that a run writes: `output`, else the configuration's, else `results/<name>`."""
    return Path(output or experiment.outputs.path or Path("results") / experiment.name)
