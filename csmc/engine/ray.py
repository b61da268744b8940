"""The engine of a cluster: tasks on the nodes of a Ray cluster, or of a small one started on this machine.

The only module that imports Ray, and only when a run asks for it. Workers import csmc by name; what crosses the wire
is the experiment, once, and integers.
"""

import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from csmc.engine import remote
from csmc.engine.calls import function_named
from csmc.engine.schedule import UnfitWorkerError, WithdrawnError
from csmc.engine.spans import as_array, from_rows
from csmc.engine.tallies import Counted, Job, tally_spans
from csmc.engine.warming import warm_up
from csmc.machine import available_cores
from csmc.provenance import build

#: What Ray reads when it starts; whoever runs csmc may have set these otherwise.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": "1",  # Ray's own default is to retry for ever
}
#: Bytes; csmc moves kilobytes.
OBJECT_STORE = 200_000_000
#: How long a cluster may take to accept a connection (seconds); `ray.init` itself waits for minutes.
CONNECT_SECONDS = 5.0
#: How long the head may take to accept one while a run goes on, and how long it may do so without success (seconds):
#: Ray itself ends the process without a word after a minute.
PROBE_SECONDS, SILENCE_SECONDS = 1.0, 20.0
#: How often the number of cores of the cluster is read again (seconds): nodes come and go.
CENSUS_SECONDS = 5.0
#: A task is given to a second worker after this many seconds and this many times the usual length of a task.
PATIENCE_SECONDS, PATIENCE_TASKS = 30.0, 10.0
#: How long a worker may take for the task that it is at, once a run is asked to stop: less than a pod has (seconds).
GRACE_SECONDS = 20.0


class ClusterError(UnfitWorkerError):
    """No cluster where one was said to be, or one that cannot do csmc's work."""


class RayEngine:
    """Tasks on a Ray cluster: the one at `address`, or one of `threads` workers started here for this run."""

    name = "ray"
    #: Length of a task on up to 20 cores, see `sizing`: some milliseconds of Ray's own time for each.
    task_seconds = 0.5

    def __init__(self, address: str | None = None, threads: int | None = None) -> None:
        self.address = None if address in (None, "", "local") else address
        self.threads = threads or available_cores()

    def workers(self, job: Job) -> AbstractContextManager["Cluster"]:
        """Workers that count spans."""
        return self._cluster(
            job, remote.tally_on_worker, lambda spans: (as_array(spans).tolist(), spans[0].institutions)
        )

    def callers(self, job: Job, name: str) -> AbstractContextManager["Cluster"]:
        """Workers that call a function, see `csmc.engine.calls`."""
        return self._cluster(job, remote.call_on_worker, lambda arguments: (name, list(arguments)))

    @contextmanager
    def _cluster(
        self, job: Job, function: Callable[..., Any], wire: Callable[[Any], tuple[Any, ...]]
    ) -> Iterator["Cluster"]:
        """Connect to the cluster, or start one; shut down only what was started here."""
        for name, setting in ENVIRONMENT.items():
            os.environ.setdefault(name, setting)
        if "ray" not in sys.modules:
            # A Ray that listens on the machine's own address must not take orders from anyone. This process reads the
            # mode on import, the processes that it starts read it then: set in between, they would not trust each
            # other. An imported Ray asks for a token by itself, with a warning.
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        import ray

        joined = self.address is None and ray.is_initialized()
        if not joined:
            self._connect()
        cluster = Cluster(job, function, wire)
        try:
            yield cluster
        finally:
            cluster.abandon()
            if not joined:
                ray.shutdown()

    def _connect(self) -> None:
        import ray

        quiet = {"logging_level": "ERROR", "log_to_driver": False}
        if self.address is None:
            ray.init(
                address="local",
                num_cpus=self.threads,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE,
                **quiet,
            )
            return
        probe(self.address)
        try:
            ray.init(address=self.address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ClusterError(f"cannot join the Ray cluster at {self.address}: {error}") from error


class Cluster:
    """A connected Ray cluster with the job of this run on it.

    `function` is one of `csmc.engine.remote`; `wire` gives its last arguments, plain numbers and texts, for a task.
    """

    grace = GRACE_SECONDS

    def __init__(self, job: Job, function: Callable[..., Any], wire: Callable[[Any], tuple[Any, ...]]) -> None:
        import ray

        self._job = ray.put(job)
        ray.cloudpickle.register_pickle_by_value(remote)
        self._task = ray.remote(num_cpus=1, max_retries=1)(function)
        self._wire = wire
        self._in_flight: set[Any] = set()
        self._capacity = 0
        self._counted = -math.inf
        self._head = ray.get_runtime_context().gcs_address
        self._heard = time.monotonic()

    def capacity(self) -> int:
        """Half as many tasks again as there are cores, so that no core waits for this process.

        Raises
        ------
        ClusterError
            The head of the cluster has been silent for too long.
        """
        import ray

        if time.monotonic() - self._counted > CENSUS_SECONDS and self._head_answers():
            cores = ray.cluster_resources().get("CPU", 1.0)
            self._capacity, self._counted = math.ceil(1.5 * cores) + 1, time.monotonic()
        return self._capacity

    def _head_answers(self) -> bool:
        try:
            probe(self._head, PROBE_SECONDS)
        except ClusterError as error:
            if time.monotonic() - self._heard > SILENCE_SECONDS:
                raise ClusterError(
                    f"the head of the Ray cluster, {self._head}, has not answered for {SILENCE_SECONDS:.0f} s; "
                    "what has finished is kept, run again when there is a cluster"
                ) from error
            return False
        self._heard = time.monotonic()
        return True

    def submit(self, task: Any) -> Any:
        """Queue a task; the job goes as a reference inside a list, which Ray does not fetch for every task."""
        handle = self._task.remote([self._job], build(), *self._wire(task))
        self._in_flight.add(handle)
        return handle

    def wait(self, handles: Collection[Any], timeout: float) -> Collection[Any]:
        """The tasks that have finished."""
        import ray

        ready, others = ray.wait(list(handles), num_returns=1, timeout=timeout)
        if ready and others:
            ready += ray.wait(others, num_returns=len(others), timeout=0)[0]
        finished: list[Any] = ready
        return finished

    def withdraw(self, handles: Collection[Any]) -> None:
        """Call back what no worker has begun; workers ignore it once they are at work, see `_ready`."""
        import ray

        for handle in handles:
            ray.cancel(handle)

    def result(self, handle: Any) -> Any:
        """What a finished task answered."""
        import ray

        self._in_flight.discard(handle)
        try:
            answer = ray.get(handle)
        except ray.exceptions.TaskCancelledError as error:
            raise WithdrawnError("called back") from error
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error  # the text of Ray's own is the traceback of the worker
        if isinstance(answer, str):
            raise ClusterError(answer)
        return answer

    def was_lost(self, error: Exception) -> bool:
        """Whether a worker, its node, or what it had counted is gone."""
        from ray import exceptions

        lost = (
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.ObjectLostError,
            exceptions.OutOfMemoryError,
            exceptions.LocalRayletDiedError,
        )
        return isinstance(error, lost)

    def patience(self, usual: float) -> float:
        """A worker that hangs, or whose network is gone, is noticed by Ray after minutes or never."""
        return PATIENCE_SECONDS + PATIENCE_TASKS * usual

    def abandon(self) -> None:
        """Give up what is still in flight: it has been done by others, or will be done by the next run."""
        import ray

        for handle in self._in_flight:
            ray.cancel(handle, force=True)
        self._in_flight.clear()


def tally_here(
    job: list[Any], run: dict[str, str], spans: list[list[int]], institutions: tuple[int, ...]
) -> Counted | str:
    """Do a task in this process, or say why that would not give the numbers of the run.

    Parameters
    ----------
    job
        A reference to the `Job`, in a list.
    run
        What the run is made with, see `csmc.provenance.build`.
    spans
        Point, first replicate and the one after the last of each.
    institutions
        The numbers of those to simulate, see `Span`.
    """
    return _difference(run) or tally_spans(_ready(job[0]), from_rows(spans, institutions))


def call_here(job: list[Any], run: dict[str, str], name: str, arguments: list[Any]) -> Any:
    """Call a function of the job in this process; else as `tally_here`. It must not answer with text."""
    return _difference(run) or function_named(name)(_ready(job[0]), *arguments)


def _difference(run: dict[str, str]) -> str:
    """How this process is made otherwise than the run, in words; empty if it is not."""
    here = build()
    differences = [f"{name} {here[name]} instead of {run[name]}" for name in run if here[name] != run[name]]
    if not differences:
        return ""
    return f"{socket.gethostname()} has {', '.join(differences)}: install the same on every node"


@lru_cache(maxsize=1)
def _ready(reference: Any) -> Job:
    """The job of the run, and the kernel for it, once in each process."""
    import ray

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # by which Ray cancels what has begun
    job: Job = ray.get(reference)
    warm_up(job)
    return job


def probe(address: str, seconds: float = CONNECT_SECONDS) -> None:
    """Raise `ClusterError` unless something answers at `address` (host:port or ray://host:port; not `auto`)."""
    if address == "auto":
        return
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None:
        raise ClusterError(f"{address!r} is no address of a Ray cluster; write host:port")
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError as error:
        raise ClusterError(f"no Ray cluster answers at {address}: {error}; is it started there?") from error
