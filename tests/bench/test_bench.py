"""Every kind of case runs and gives sane figures. People judge whether they are good.

The client checks the bytes of every answer. A server that sends wrong ones gets no figure.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BENCH = HERE / "bench.py"
sys.path.insert(0, str(HERE))

import machine  # noqa: E402

QUICK = ("--rounds", "1", "--seconds", "0.06")


def run_bench(build: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(BENCH), "--build", str(build), "--out", str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=250)


def measured(build: Path, out: Path, cases: str, loops: str) -> dict[str, dict[str, dict]]:
    """Case -> contender -> its one sample. None that was asked for may be missing."""
    done = run_bench(build, out, *QUICK, "--only", cases, "--loops", loops)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads((out / "bench.json").read_text())
    assert document["missing"] == {}
    found: dict[str, dict[str, dict]] = {}
    for figure in document["figures"]:
        (sample,) = figure["samples"]
        found.setdefault(figure["case"], {})[figure["contender"]] = sample
    return found


@pytest.fixture
def client(build_directory):
    return build_directory / "bin" / "bench_client"


ECHOES = {
    "protocol 100 KiB x10": "protocol 100 KiB x10",
    "buffered": "buffered 1 KiB x10",
    "streams": "streams 10 KiB x10",
    "sock": "sock 1 KiB x10",
    "unix": "protocol unix 1 KiB x1",
    "tls": "protocol tls 100 KiB x10",
    "udp": "datagram udp 1 KiB x10",
    "largest datagram": "datagram udp 65507 bytes x10",
    "many connections": "protocol 1 KiB x100",
    "reconnecting": "connections opened and closed",
}


@pytest.mark.parametrize("case", ECHOES.values(), ids=ECHOES.keys())
def test_a_server_is_measured(build_directory, tmp_path, case):
    samples = measured(build_directory, tmp_path, case, "loopscope phases")[case]
    sample = samples["loopscope phases"]
    assert sample["throughput"] > 0 and sample["requests"] > 0
    assert sample["cpu_us"] == pytest.approx(sample["user_us"] + sample["system_us"])
    assert sample["cpu_us"] > 0
    assert 0 < sample["p50_us"] <= sample["p99_us"] <= sample["p999_us"]


@pytest.mark.parametrize("server", ["httptools", "aiohttp", "uvicorn"])
def test_an_http_server_is_measured(build_directory, tmp_path, server):
    case = f"http {server} 1 KiB x300"
    samples = measured(build_directory, tmp_path, case, "loopscope phases")[case]
    assert samples["loopscope phases"]["requests"] > 0


def test_files_that_are_no_git_clone_have_no_known_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    assert machine.commit() == "unknown: no git clone"


def test_all_loops_take_part(build_directory, tmp_path):
    loops = "loopscope off,loopscope phases,loopscope callbacks,asyncio"
    loops += ",uvloop" if importlib.util.find_spec("uvloop") else ""
    found = measured(build_directory, tmp_path, "sleep 0,protocol 1 KiB x10", loops)
    assert set(found) == {"sleep 0", "protocol 1 KiB x10"}
    assert all(set(samples) == set(loops.split(",")) for samples in found.values())
    assert all(sample["cpu_ns"] > 0 for sample in found["sleep 0"].values())
    report = (tmp_path / "bench.md").read_text()
    assert "## sleep 0" in report and "x asyncio" in report
    facts = json.loads((tmp_path / "bench.json").read_text())["machine"]
    assert facts["commit"] and facts["cpu"] and facts["kernel"] and facts["load before"]


def test_the_bare_libuv_server_takes_part(build_directory, tmp_path):
    cases = ["protocol 1 KiB x10", "protocol unix 1 KiB x10", "datagram udp 1 KiB x10"]
    found = measured(build_directory, tmp_path, ",".join(cases), "libuv")
    assert [found[case]["libuv"]["requests"] > 0 for case in cases] == [True] * 3


def test_operations_are_measured(build_directory, tmp_path):
    operations = (
        "call_soon,call_soon with 3 arguments,call_soon chain,timer set and fired with 10 pending"
    )
    operations += ",threadsafe,create_task and await,gather of 20000,run in executor,subprocess"
    operations += (
        ",getaddrinfo of a literal,future wake up,timer set and cancelled with 10000 pending"
    )
    found = measured(build_directory, tmp_path, operations, "loopscope phases")
    assert len(found) == 13
    for case, samples in found.items():
        assert 0 < samples["loopscope phases"]["cpu_ns"] < 1e9, case


def test_the_lateness_of_timers_is_measured(build_directory, tmp_path):
    found = measured(build_directory, tmp_path, "lateness", "loopscope phases,asyncio")
    assert len(found) == 7
    for case, samples in found.items():
        ours = samples["loopscope phases"]
        assert 0 <= ours["late_us"] <= ours["late_p99_us"] and ours["early_percent"] == 0, case
        assert samples["asyncio"]["late_us"] > 0


def test_import_memory_and_writer_are_measured(build_directory, tmp_path):
    cases = "import,memory of an idle connection x10000,the writer's events"
    found = measured(build_directory, tmp_path, cases, "loopscope phases")
    assert found["import"]["loopscope phases"]["wall_ms"] > 0
    memory = found["memory of an idle connection x10000"]["loopscope phases"]
    assert 100 < memory["bytes"] < 100_000
    assert found["the writer's events"]["writer"]["event_ns"] > 0


def test_the_cost_of_tracing_is_measured_and_the_app_is_asked(build_directory, tmp_path):
    if not (build_directory / "bin" / "tracing_cost_of").exists():
        pytest.skip("built without the app")
    case = "cost of tracing call soon chain"
    found = measured(build_directory, tmp_path, case, "loopscope callbacks")[case]
    sample = found["loopscope callbacks"]
    assert 2 < sample["traced_events"] < 3
    assert 1 < sample["said_ns"] < 10_000
    assert abs(sample["measured_ns"]) < 10_000


def test_a_contender_that_dies_is_named_and_the_others_are_measured(build_directory, tmp_path):
    """gevent, from a cache that is empty and says that it is complete."""
    (tmp_path / "field").mkdir()
    (tmp_path / "field" / "complete").touch()
    asked = ("--cache", str(tmp_path), "--only", "protocol 1 KiB x10", "--loops", "gevent,asyncio")
    done = run_bench(build_directory, tmp_path, *asked, "--rounds", "1", "--seconds", "0.05")
    assert done.returncode == 0, done.stderr
    assert (
        "gevent in protocol 1 KiB x10: ModuleNotFoundError: No module named 'gevent'" in done.stderr
    )
    found = json.loads((tmp_path / "bench.json").read_text())
    assert [x["contender"] for x in found["figures"] if x["samples"]] == ["asyncio"]


def test_every_target_is_about_cases_that_exist():
    asked = (
        "import cases, targets; print(targets.cases_of_targets() - {c.name for c in cases.CASES})"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=HERE, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_a_target_that_is_missed_says_so(build_directory, tmp_path):
    program = """
from figures import Results
from targets import verdicts
results = Results()
for loop, requests in ("loopscope phases", 100.0), ("uvloop", 90.0), ("asyncio", 110.0):
    figure = results.figure("protocol 1 KiB x10", loop, "throughput")
    figure.samples += [
        {"throughput": requests * turn, "requests": 1, "user_us": 0.0, "cpu_us": 200 / requests}
        for turn in (1, 2, 4)
    ]
for verdict in verdicts(results):
    if verdict.case == "protocol 1 KiB x10" and verdict.met != "not measured":
        print(verdict.what, verdict.against, verdict.asked, verdict.measured, verdict.met, verdict.cpu)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "throughput uvloop at least 1.15 1.11 (1.11..1.11) no 1.11 (1.11..1.11)",
        "ahead of asyncio asyncio at least 1 0.91 (0.91..0.91) no 0.91 (0.91..0.91)",
    ]


@contextlib.contextmanager
def served_once(answer_of) -> Iterator[int]:
    """A server of one connection. Gives its port."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(answer_of(data))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(100)
        server = threading.Thread(target=serve)
        server.start()
        yield listener.getsockname()[1]
        server.join()


@pytest.mark.parametrize(
    ("answer_of", "patience", "complaint"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), 100, "other bytes came back"),
        (lambda data: b"", 0.5, "the server did not answer in time"),
        (lambda data: data + data[:1], 100, "other bytes came back"),
    ],
    ids=["a wrong byte", "nothing", "a byte too many"],
)
def test_the_client_notices(client, answer_of, patience, complaint):
    options = ["protocol=tcp", "connections=1", "bytes=1000", "seconds=0.05"]
    with served_once(answer_of) as port:
        command = [client, f"address={port}", *options, f"patience={patience}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_a_server_that_got_no_time_in_the_round_is_measured_all_the_same(client):
    """As on a busy machine."""

    def answer_of(data: bytes) -> bytes:
        time.sleep(0.2)
        return data

    options = ["protocol=tcp", "connections=1", "bytes=1000", "seconds=0.001", "warm_up=0"]
    with served_once(answer_of) as port:
        command = [client, f"address={port}", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    said = json.loads(done.stdout.partition("\n")[2])
    assert said["requests"] >= 1 and said["seconds"] >= 0.2 and said["p50_us"] >= 200_000


def test_the_client_says_what_it_does_not_understand(client):
    done = subprocess.run([client, "protocol=ipx", "address=1"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no protocol 'ipx'" in done.stderr


def test_a_build_folder_without_the_package_is_a_clear_error(tmp_path):
    done = run_bench(tmp_path, tmp_path)
    assert done.returncode == 2
    assert f"there is no loopscope in {tmp_path / 'python'}" in done.stdout


def test_a_case_that_does_not_exist_is_a_clear_error(build_directory, tmp_path):
    done = run_bench(build_directory, tmp_path, "--only", "no such thing")
    assert (done.returncode, done.stdout) == (2, "no case has 'no such thing' in its name\n")


def test_what_cannot_be_measured_is_named_with_the_reason(build_directory, tmp_path):
    done = run_bench(
        build_directory, tmp_path, *QUICK, "--only", "sleep 0", "--loops", "asyncio,newest uvloop"
    )
    assert done.returncode == 0
    missing = json.loads((tmp_path / "bench.json").read_text())["missing"]
    assert missing.keys() == {"newest uvloop"} and "registry" in missing["newest uvloop"]
    assert "- newest uvloop: " in (tmp_path / "bench.md").read_text()
