"""Finds the app and starts it beside a program that is about to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from loopscope.cli.errors import CommandError, printable, tell

APP = "loopscope-gui"


def find_app() -> str:
    """The app: $LOOPSCOPE_GUI, else the one built or installed with this package, else the one on PATH."""
    wanted = os.environ.get("LOOPSCOPE_GUI")
    if wanted:
        if not os.path.isfile(wanted) or not os.access(wanted, os.X_OK):
            raise CommandError(
                f"LOOPSCOPE_GUI names {printable(wanted)}, which is no program that can be started"
            )
        return wanted
    folders = own_folders()
    found = shutil.which(APP, path=os.pathsep.join(folders)) or shutil.which(APP)
    if found is None:
        raise CommandError(
            f"{APP} is neither in {printable(' nor in '.join(folders))} nor on PATH; "
            "./run builds it as build/bin/loopscope-gui: set LOOPSCOPE_GUI to its path"
        )
    return found


def own_folders() -> list[str]:
    """Where the app lies if it was built or installed with this package. A virtual environment need not be on PATH."""
    folders = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    packages = Path(__file__).parents[2]
    if packages.name == "python":  # the build's folder; pip's is called site-packages
        folders.insert(0, str(packages.parent / "bin"))
    return list(dict.fromkeys(folders))


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_for_this_process() -> None:
    """Opens the app as soon as this process has a loop. Without a display or an app, says so and goes on."""
    if not has_display():
        tell(
            "loopscope: there is no display for the app; the program runs without it and can be attached to"
        )
        return
    try:
        find_app()
    except CommandError as error:
        tell(f"loopscope: {error}; the program runs without it")
        return
    # The app is a grandchild: the program must not have a child that it did not start, nor must Ctrl-C reach the app.
    # The app may outlive the program, so it must not keep the program's pipes open.
    waiter = [sys.executable, "-m", "loopscope", "attach", "--wait", "--detach", str(os.getpid())]
    quiet = None if sys.stderr is not None and sys.stderr.isatty() else subprocess.DEVNULL
    environment = {**os.environ, "PYTHONPATH": search_path()}
    subprocess.run(
        waiter,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=quiet,
        check=False,
    )


def search_path() -> str:
    package = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return package + os.pathsep + inherited if inherited else package
