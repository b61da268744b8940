"""Exit codes, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2  #: a wrong option, configuration or output; nothing has run
    PARTIAL = 3  #: done, but the result lacks points or replicates
    INTERRUPTED = 130
