"""Starts the programs that the bench measures, each with only the packages that it needs."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cases import Traffic
from contenders import FIELD, Places, SERVERS, environment_of
from environments import packages_of

HERE = Path(__file__).resolve().parent
PATIENCE_S = 200  # a busy machine takes its time


class Failed(Exception):
    """A sentence that says why a run failed."""


@dataclass(frozen=True)
class Programs:
    places: Places
    sessions: Path  # where loops of ours put their sessions
    certificate: Path

    def environment(self, contender: str, needs: str = "") -> dict[str, str]:
        """Raises Missing if this contender cannot be run here."""
        own = environment_of(contender, self.places)
        paths = [self.places.build / "python", own]
        if needs and not importlib.util.find_spec(needs):
            paths.append(packages_of("field", self.places.cache))
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
            "PYTHONHASHSEED": "0",
            "LOOPSCOPE_DIR": str(self.sessions),
        }

    def server(self, contender: str, case: Traffic, descriptor: int) -> list[str]:
        """The command line of a server on a socket that it inherits."""
        is_tls, is_http = case.transport == "tls", case.transport == "http"
        if contender in FIELD:
            field = FIELD[contender]
            command = list(field.program(self.places))
            if not field.module:
                command.append(case.transport)
            command.append(str(descriptor))
            extra = [str(self.certificate)] if is_tls else [str(case.size)] if is_http else []
            return command + extra
        program = [self.places.python, str(SERVERS / f"{case.program}.py"), contender]
        if is_http:
            framework = ["django"] if case.way == "django" else []
            return [*program, str(case.size), str(descriptor), *framework]
        return [*program, case.way, str(descriptor), *([str(self.certificate)] if is_tls else [])]

    def micro(self, contender: str, *arguments: object) -> list[str]:
        return self.script("micro.py", contender, *arguments)

    def script(self, name: str, *arguments: object) -> list[str]:
        return [self.places.python, str(HERE / name), *map(str, arguments)]


def output_of(command: list[str], environment: dict[str, str], measured_s: float = 0) -> str:
    """The output of a program that measures for that long."""
    timeout_s = PATIENCE_S + 2 * measured_s
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"it did not end within {timeout_s:.0f} s") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Failed(said[-1] if said else f"it ended with {done.returncode}")
    return done.stdout


def numbers(text: str) -> dict[str, float]:
    parsed: dict[str, float] = json.loads(text)
    return parsed


def make_certificate(folder: Path) -> Path:
    """A key and a certificate of its own in one file."""
    pem, key = folder / "server.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", pem]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem
