"""Where the command line looks for the app: LOOPSCOPE_GUI, the build, the environment of this Python, PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from programs import PATIENCE_S

APP = '#!/bin/sh\necho "$0"\n'


@pytest.fixture
def installed(tmp_path: Path, build_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment with the package, as pip installs it: without the app."""
    environment = tmp_path / "venv"
    venv.create(environment)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    shutil.copytree(build_directory / "python" / "loopscope", Path(packages) / "loopscope")
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.delenv("LOOPSCOPE_GUI", raising=False)
    monkeypatch.setenv("DISPLAY", ":99")
    return environment


def place_app(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    app = folder / "loopscope-gui"
    app.write_text(APP)
    app.chmod(0o755)
    return app


def attach(environment: Path) -> subprocess.CompletedProcess[str]:
    """Starts the app that is found. The session is a path, which the app would look at."""
    return subprocess.run(
        [environment / "bin" / "python", "-m", "loopscope", "attach", "/nowhere"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sysconfig knows no scheme of that name")
class TestInAVirtualEnvironment:
    def test_it_is_in_the_bin_folder_of_the_environment(self, installed: Path) -> None:
        app = place_app(installed / "bin")
        assert attach(installed).stdout == f"{app}\n"

    def test_the_environment_goes_before_path(
        self, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = place_app(tmp_path / "elsewhere")
        monkeypatch.setenv("PATH", f"{elsewhere.parent}:{os.environ['PATH']}")
        assert attach(installed).stdout == f"{elsewhere}\n"
        inside = place_app(installed / "bin")
        assert attach(installed).stdout == f"{inside}\n"

    def test_where_there_is_none_the_sentence_names_the_folder_of_scripts(
        self, installed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        done = attach(installed)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert str(installed / "bin") in done.stderr and "LOOPSCOPE_GUI" in done.stderr
        assert str(installed / "lib") not in done.stderr, "nobody puts a program there"

    def test_a_folder_of_that_name_is_no_app(self, installed: Path, tmp_path: Path) -> None:
        (installed / "bin" / "loopscope-gui").mkdir()
        assert attach(installed).returncode == 2
