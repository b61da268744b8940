"""Write the golden digests and counts anew: `python -m tests.identity.regenerate_golden`.

Only together with a new STREAM_VERSION; docs/architecture.md says when a number may change, CHANGELOG.md which did.
"""

import csv
import json
import tempfile
from pathlib import Path

from csmc import engine as engines
from csmc.engine import LocalEngine
from csmc.kernel.codes import STREAM_VERSION

from .experiments import FEW, REPLICATES, counts, one_digest

HERE = Path(__file__).parent


def main() -> None:
    """Run everything once and write what comes out."""
    few, many = (one_digest(lambda e, s: engines.run(e, s, LocalEngine(1)), size) for size in (FEW, REPLICATES))
    golden = {"stream_version": STREAM_VERSION, "digest of few": few, "digest": many}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")
    with tempfile.TemporaryDirectory() as folder, (HERE / "golden_counts.csv").open("w", newline="") as file:
        rows = counts(Path(folder))
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
