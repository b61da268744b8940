"""What this machine gives to a process: cores and memory; edit when it can limit them in another way."""

import os
from pathlib import Path

#: Where Linux tells the limits of a container or of a batch job.
LIMITS = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Cores that this process may use (not those of the machine: containers and batch systems give fewer)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def granted_cores(limits: Path = LIMITS) -> float | None:
    """Cores' worth of time that a container may use, however many cores it sees; None without such a limit."""
    quota, period = (_read(limits / "cpu.max") or "max 0").split()
    if quota == "max":
        quota = _read(limits / "cpu" / "cpu.cfs_quota_us") or "-1"
        period = _read(limits / "cpu" / "cpu.cfs_period_us") or "100000"
    return float(quota) / float(period) if float(quota) > 0 else None


def available_memory(limits: Path = LIMITS, facts: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that a process here can still get; None where the system does not say."""
    lines = (_read(facts) or "").splitlines()
    free = [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    for folder, most, used in ((limits, "max", "current"), (limits / "memory", "limit_in_bytes", "usage_in_bytes")):
        limit, taken = (_read(folder / f"memory.{name}") or "" for name in (most, used))
        if limit.isdigit() and taken.isdigit():
            free.append(max(int(limit) - int(taken) + _given_back(folder), 0))
    return min(free, default=None)


def _given_back(folder: Path) -> int:
    """Bytes of files in memory, which count as used and are given up when they are wanted."""
    lines = (_read(folder / "memory.stat") or "").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
