"""How much the longest proofs do: all of it in `make proof`, else a part, so that `.ci/run` ends within the hour."""

import os

THOROUGH = os.environ.get("CSMC_THOROUGH") == "1"
