"""What a timing was measured on: the machine and the versions, as plain values."""

import os
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "torch")


def describe() -> dict[str, Any]:
    """Return `cpu`, `cores` that this process may use, and `memory` in GiB."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        cores = os.cpu_count()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError):  # not on every system
        memory = None
    return {
        "cpu": _cpu(),
        "cores": cores,
        "memory": None if memory is None else round(memory),
    }


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of Python and of those of `PACKAGES` that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def facts(document: Mapping[str, Any]) -> list[str]:
    """Return a document's `machine` and `versions` in words."""
    described, versions = document["machine"], document["versions"]
    memory = f", {described['memory']} GiB" if described["memory"] else ""
    return [
        f"{described['cpu']}, cores used: {described['cores']}{memory}",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]
