"""The experiments whose digest must never depend on how they are run, and a process that prints that digest."""

import hashlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import LocalEngine, Progress, Store
from csmc.kernel.codes import Outcome

#: Enough for every outcome to occur, and for several blocks of every point.
REPLICATES = 3000
#: What plain Python can do in a few seconds.
FEW = 8

_SECTIONS: dict[str, dict[str, Any]] = {
    "one-shot": {
        "institutions": ["anarchy", "balance_of_power", "collective_security", "un_security_council"],
        "reference": "balance_of_power",
        "design": {
            "grid": {
                "interests.divergence": [0.3, 1.5],
                "institutions.*.obligation.strength": {"multiply": [0.5, 2]},
            }
        },
        "outputs": {"joint": "all"},
    },
    "histories": {
        "institutions": ["alliance", "league_of_nations", "concert_of_powers", "un_without_veto"],
        "parameters": {"dynamics.episodes": 8, "dynamics.survival": 0.4, "crisis.audience_cost": 0.4},
        "design": {"zip": {"interests.divergence": [0.5, 2.0], "dynamics.trust": [0.2, 0.8]}},
    },
    "ring": {
        "institutions": ["collective_security", "league_of_nations", "un_security_council"],
        "parameters": {
            "system.n_states": 20,
            "system.geography.layout": "ring",
            "system.geography.loss_of_strength": 1.5,
            "system.capability.distribution": "pareto",
        },
        "design": {"grid": {"interests.dimensions": [1, 3]}},
    },
    "geography": {
        "institutions": [
            "un_security_council",
            {"name": "small_council", "extends": "un_security_council", "council.seats": 7},
        ],
        "parameters": {
            "system.n_states": 17,
            "system.great_powers": 5,
            "system.capability.distribution": "dirichlet",
            "system.members": 0.8,
            "system.geography.layout": "plane",
            "system.geography.loss_of_strength": 1.5,
            "interests.polarization": 1.0,
            "dynamics.episodes": 2,
        },
        "design": {"lhs": {"points": 3, "ranges": {"crisis.misperception": [0.0, 1.0], "response.noise": [0.1, 1]}}},
        "seeding": "independent",
    },
}


def experiments(replicates: int = REPLICATES) -> dict[str, Experiment]:
    """The set, by name."""
    return {
        name: Experiment.from_dict(
            {
                "name": name,
                "seed": 20261122,
                "execution": {"block": 256},
                **sections,
                "sampling": {"replicates": replicates},
            }
        )
        for name, sections in _SECTIONS.items()
    }


def one_digest(run: Callable[[Experiment, Store], object], replicates: int = REPLICATES) -> str:
    """SHA-256 over the digests of all experiments, each run by `run` into a store of its own."""
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for name, experiment in experiments(replicates).items():
            store = Store(Path(folder) / name)
            run(experiment, store)
            assert store.complete
            digest.update(store.digest().encode())
    return digest.hexdigest()


LABELS = ("experiment", "institution")


def counts(folder: Path) -> list[dict[str, str | int]]:
    """Outcome counts by experiment, point and institution."""
    rows: list[dict[str, str | int]] = []
    for name, experiment in experiments().items():
        store = Store(folder / name)
        engines.run(experiment, store, LocalEngine(2))
        for point, sums in ((p, s) for r in store.records() for p, s in zip(r.points, r.tallies.sums, strict=True)):
            for k, institution in enumerate(experiment.institutions):
                row: dict[str, str | int] = {"experiment": name, "point": int(point), "institution": institution.name}
                row |= {outcome.name.lower(): int(sums[k, outcome]) for outcome in Outcome}
                rows.append(row)
    return rows


def killed_after(spans: int) -> Callable[[Progress], None]:
    """End this process, as the kernel of the system does when memory is short, when so many spans have finished."""
    calls = 0

    def on_progress(progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls > spans:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_progress


def main() -> None:
    """`few`: print the digest of few replicates. `kill FOLDER SPANS`: run into FOLDER and die after so many spans."""
    if sys.argv[1] == "few":
        sys.stdout.write(one_digest(lambda experiment, store: engines.run(experiment, store, LocalEngine(1)), FEW))
        return
    LocalEngine.task_seconds = 1e-6
    folder, spans = Path(sys.argv[2]), int(sys.argv[3])
    for name, experiment in experiments().items():
        engines.run(experiment, Store(folder / name), LocalEngine(2), killed_after(spans))


if __name__ == "__main__":
    main()
