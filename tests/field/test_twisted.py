"""twisted's asyncio reactor. test_server_processes.py tests its web server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from programs import PATIENCE_S

pytest.importorskip("twisted", reason="python3-twisted is not installed")

PROGRAM = Path(__file__).parent / "twisted_program.py"
ABILITIES = ("tcp", "unix", "tls", "crowd", "process", "udp", "timers_and_threads")


@pytest.mark.parametrize("ability", ABILITIES)
def test_the_reactor_does(choice, start, certificates, tmp_path, ability):
    if ability == "tls":
        pytest.importorskip("OpenSSL", reason="python3-openssl is not installed")
        pytest.importorskip("service_identity", reason="python3-service-identity is not installed")
        for file in (certificates.certificate, certificates.key):
            shutil.copy(file, tmp_path)
    done = start(PROGRAM, choice.module, choice.factory, ability, tmp_path)
    out, err = done.communicate(timeout=PATIENCE_S)
    assert (done.returncode, out, err) == (0, "done\n", "")
