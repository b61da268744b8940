"""The work itself: spans of replicates to exact tallies. Importable by name, so that any worker can run it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from csmc import kernel
from csmc.config import Experiment
from csmc.engine.spans import Span
from csmc.kernel.result import Plan, Tallies


class Job(NamedTuple):
    """All that a worker must know, once, to do any span of a run."""

    experiment: Experiment
    plan: Plan


class Done(NamedTuple):
    """A finished span and what was counted in it."""

    span: Span
    tallies: Tallies


def tally_span(experiment: Experiment, span: Span, plan: Plan) -> Tallies:
    """Simulate the replicates of one span under every institution and count."""
    point = experiment.point(span.point)
    packed, system, institutions = point.packed()
    return kernel.tally(packed, system, institutions, point.seed, span.first, span.count, plan)


def tally_spans(job: Job, spans: Iterable[Span]) -> list[Done]:
    """Do several spans; neighbours in the same point come back as one."""
    return list(_joined(Done(span, tally_span(job.experiment, span, job.plan)) for span in spans))


def _joined(finished: Iterable[Done]) -> Iterator[Done]:
    last: Done | None = None
    for done in finished:
        if last is None:
            last = done
        elif last.span.point == done.span.point and last.span.stop == done.span.first:
            span = Span(last.span.point, last.span.first, last.span.count + done.span.count)
            last = Done(span, last.tallies + done.tallies)
        else:
            yield last
            last = done
    if last is not None:
        yield last
