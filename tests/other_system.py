"""Another Linux system in a folder, as debootstrap makes one. Commands run inside it, on this project's files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# In namespaces of their own, so that mounts and processes end with the command.
ENTER = """
set -e
system=$1 root=$2
shift 2
mount --make-rprivate /
mkdir -p "$system$root"
mount --bind "$root" "$system$root"
mount -t proc proc "$system/proc"
mount --rbind /dev "$system/dev"
cp -L /etc/resolv.conf /etc/hosts "$system/etc/"
mkdir -p "$system/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
exec chroot "$system" sh -c 'cd "$1" && shift && exec "$@"' sh "$root" "$@"
"""


class CannotEnter(Exception):
    """Says why the folder cannot be used here."""


def newest_python(system: Path) -> str:
    """The path inside the system for this one."""
    found = sorted(system.glob("usr/bin/python3.*[0-9]"), key=lambda path: int(path.suffix[1:]))
    if not found:
        raise CannotEnter(f"{system} has no usr/bin/python3.*: it is no Linux system with a Python")
    return "/" + str(found[-1].relative_to(system))


def run_inside(system: Path, *command: object) -> int:
    """Runs a command and returns its exit code. Inside, the project has the same path, and PyPI is the same."""
    if os.geteuid() != 0:
        raise CannotEnter("only root can enter another system")
    entering = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "bash",
        "-c",
        ENTER,
        "enter",
    ]
    return subprocess.run([*entering, str(system), str(ROOT), *map(str, command)]).returncode
