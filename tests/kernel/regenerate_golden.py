"""Write golden.json anew: `python -m tests.kernel.regenerate_golden`, only together with a new STREAM_VERSION.

A digest may change only when a number that users see may change; CHANGELOG.md then says which and why.
"""

import json
from pathlib import Path

from csmc.kernel.codes import STREAM_VERSION

from .test_bit_identity import digests

if __name__ == "__main__":
    golden = {"stream_version": STREAM_VERSION, "digests": digests()}
    (Path(__file__).parent / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")
