"""Whether a process may use all the CPU it asks for: the quota of its cgroup. A capped broker looks idle."""

from __future__ import annotations

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def cpu_quota(pid: int) -> str:
    """'none' where no cgroup above the process limits its CPU, 'N cores' where one does, 'unknown' where it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return "unknown"
    paths = [line.split(":", 2)[2] for line in lines if line.startswith("0::")]
    if not paths or not (CGROUPS / "cgroup.controllers").exists():
        return _version_1()
    folder = CGROUPS / paths[0].strip("/")
    limits = [_cores(level / "cpu.max") for level in (folder, *folder.parents) if level.is_relative_to(CGROUPS)]
    least = min((limit for limit in limits if limit is not None), default=None)
    return "none" if least is None else f"{least:g} cores"


def _cores(file: Path) -> float | None:
    try:
        quota, period = file.read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _version_1() -> str:
    try:
        quota = int((CGROUPS / "cpu" / "cpu.cfs_quota_us").read_text())
        period = int((CGROUPS / "cpu" / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return "unknown"
    return "none" if quota < 0 else f"{quota / period:g} cores"
