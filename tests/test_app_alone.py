"""tracer and gui build on a machine without Python and libuv: the strongest proof of the arrows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOREIGN = (
    "/uv.h",
    "/uv/",
    "/Python.h",
    "/pybind11/",
    str(ROOT / "loop") + "/",
    str(ROOT / "bindings") + "/",
)


@pytest.mark.timeout(1800)
def test_app_builds_alone(build_directory: Path) -> None:
    alone = build_directory / "app-alone"
    configure = ["cmake", "-S", ROOT, "-B", alone, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"]
    boxes = ["-DLOOPSCOPE_LOOP=OFF", "-DLOOPSCOPE_PYTHON=OFF", "-DLOOPSCOPE_TESTS=OFF"]
    for step in ([*configure, *boxes], ["cmake", "--build", alone]):
        done = subprocess.run(step, capture_output=True, text=True)
        assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
    assert (alone / "bin" / "loopscope-gui").is_file()


@pytest.mark.timeout(1800)
def test_app_is_made_of_nothing_else(build_directory: Path) -> None:
    alone = build_directory / "app-alone"
    if not alone.is_dir():
        test_app_builds_alone(build_directory)
    headers = subprocess.run(
        ["ninja", "-C", alone, "-t", "deps"], capture_output=True, text=True, check=True
    ).stdout
    assert "tracer/format.h" in headers
    assert not [line for line in headers.splitlines() if any(name in line for name in FOREIGN)]
    libraries = subprocess.run(
        ["ldd", alone / "bin" / "loopscope-gui"], capture_output=True, text=True, check=True
    ).stdout
    assert "libuv" not in libraries and "libpython" not in libraries
