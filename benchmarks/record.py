"""How a measurement is written down: the command, the commit, the machine's kind, versions, figures."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from genrelab.files import written_aside

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("polars", "numpy", "scikit-learn", "lightgbm", "xgboost-cpu")


def write(name: str, command: str, figures: Mapping[str, object], text: Sequence[str]) -> None:
    """Print `text`, and write it and `figures` to ``benchmarks/results/<name>.md`` and ``.json``."""
    versions = {package: version(package) for package in PACKAGES}
    about = {
        "command": command,
        "commit": commit(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "versions": versions,
    }
    said = ", ".join(f"{package} {number}" for package, number in versions.items())
    foot = f"`{command}` at {about['commit']}, Python {about['python']}, {about['processors']} cores, {said}."
    page = "\n".join([*text, "", foot]) + "\n"
    print(page)
    for suffix, content in (
        ("json", json.dumps({**about, "figures": figures}, indent=2) + "\n"),
        ("md", page),
    ):
        with written_aside(RESULTS / f"{name}.{suffix}") as file:
            file.write_text(content)


def commit() -> str:
    """Name the commit, with a plus where the working tree differs from it in more than results."""
    named = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    compare = ["git", "diff", "--quiet", "HEAD", "--", ".", ":(exclude)benchmarks/results"]
    differs = subprocess.run(compare, cwd=ROOT, check=False).returncode != 0
    return named.stdout.strip() + ("+" if differs else "")
