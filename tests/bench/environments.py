"""Virtual environments with packages that Debian does not have, or has in older versions. A folder keeps them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "uvloop": ("uvloop",),
    "field": ("gevent", "tornado", "twisted", "curio", "sanic", "django"),
}
# Other packages depend on it, and it would hide the one that the bench means.
UNWANTED = {"field": ("uvloop",)}


class Missing(Exception):
    """A sentence that says why something cannot be measured here."""


def packages_of(name: str, cache: Path | None) -> Path:
    """The folder to put on PYTHONPATH, made if need be. Raises Missing."""
    if cache is None:
        raise Missing(f"it comes from a Python registry: --cache FOLDER installs {name} there")
    folder = cache / name
    complete = folder / "complete"
    if not complete.exists():
        install(name, folder)
        complete.touch()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages"


def install(name: str, folder: Path) -> None:
    print(f"installing {', '.join(PACKAGES[name])} into {folder}", file=sys.stderr)
    pip = [str(folder / "bin" / "python3"), "-m", "pip", "-q", "--retries", "0", "--timeout", "15"]
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, "install", "--prefer-binary", *PACKAGES[name]],
    ]
    if name in UNWANTED:
        steps.append([*pip, "uninstall", "-y", *UNWANTED[name]])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stderr + done.stdout).strip().splitlines()
            raise Missing(
                f"{PACKAGES[name][0]} could not be installed: {said[-1] if said else '?'}"
            )
