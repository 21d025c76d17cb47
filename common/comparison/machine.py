"""What a timing was measured on: the machine and the versions, as plain values."""

import contextlib
import os
import platform
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "torch")


def describe() -> dict[str, Any]:
    """Return `cpu`, `cores` that this process may use, and `memory` in GiB."""
    cpu, memory = platform.processor() or platform.machine(), None
    cores = os.cpu_count() or 1
    # Neither file nor calls exist on every system.
    with contextlib.suppress(OSError, TypeError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        cpu = re.search(r"(?m)^model name\s*:\s*(.+)$", text)[1]
    with contextlib.suppress(AttributeError, ValueError):
        pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        memory = round(pages / 2**30)
    with contextlib.suppress(AttributeError):
        cores = len(os.sched_getaffinity(0))
    return {"cpu": cpu, "cores": cores, "memory": memory}


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of those `packages` that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
