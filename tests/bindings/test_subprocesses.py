"""Child processes: every way to start one, and how each ends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys

import pytest
from programs import PATIENCE_S

PIPE = asyncio.subprocess.PIPE


async def shell(command, **keywords):
    """The output of a shell command, and its return code."""
    process = await asyncio.create_subprocess_shell(command, stdout=PIPE, **keywords)
    out, _ = await process.communicate()
    return out, process.returncode


async def python(source, **keywords):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, stdout=PIPE, **keywords
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().strip()


def test_input_output_and_errors_are_pipes(loop):
    async def main():
        process = await asyncio.create_subprocess_shell(
            "cat; echo error >&2", stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert await process.communicate(b"hello") == (b"hello", b"error\n")
        assert process.returncode == 0 and await process.wait() == 0

    loop.run_until_complete(main())


def test_a_megabyte_both_ways(loop):
    async def main():
        data = os.urandom(1 << 20)
        process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
        out, _ = await process.communicate(data)
        assert out == data

    loop.run_until_complete(main())


def test_output_can_be_opened_again_by_name(loop):
    """This needs real pipes, because a socket cannot be opened through /dev/stdout."""
    assert loop.run_until_complete(shell("echo hello > /dev/stdout")) == (b"hello\n", 0)


@pytest.mark.parametrize(
    "command, returncode", [("exit 7", 7), ("kill -9 $$", -9), ("true", 0)], ids=lambda x: str(x)
)
def test_the_return_code(loop, command, returncode):
    assert loop.run_until_complete(shell(command)) == (b"", returncode)


@pytest.mark.parametrize("how", ["terminate", "kill", "send_signal"])
def test_a_child_can_be_ended(loop, how):
    async def main():
        process = await asyncio.create_subprocess_exec("sleep", "3600")
        arguments = [signal.SIGINT] if how == "send_signal" else []
        getattr(process, how)(*arguments)
        return -await process.wait()

    expected = {"terminate": 15, "kill": 9, "send_signal": 2}[how]
    assert loop.run_until_complete(main()) == expected


def test_a_child_that_ended_cannot_be_signalled(loop):
    async def main():
        process = await asyncio.create_subprocess_exec("true")
        await process.wait()
        with pytest.raises(ProcessLookupError):
            process.terminate()

    loop.run_until_complete(main())


def test_a_program_that_does_not_exist_is_an_error(loop):
    async def main():
        with pytest.raises(FileNotFoundError):
            await asyncio.create_subprocess_exec("/no/such/program")

    loop.run_until_complete(main())


@pytest.mark.parametrize("cmd", [["true"], 1, None], ids=repr)
def test_a_shell_command_must_be_text(loop, cmd):
    with pytest.raises(ValueError, match="cmd must be a string"):
        loop.run_until_complete(loop.subprocess_shell(asyncio.SubprocessProtocol, cmd))


@pytest.mark.parametrize(
    "keyword, value",
    [("universal_newlines", True), ("bufsize", 1), ("text", True), ("encoding", "utf-8")],
)
def test_what_asyncio_does_not_offer_is_refused(loop, keyword, value):
    with pytest.raises(ValueError):
        loop.run_until_complete(
            loop.subprocess_exec(asyncio.SubprocessProtocol, "true", **{keyword: value})
        )


def test_folder_and_environment(loop, tmp_path):
    async def main():
        source = "import os; print(os.getcwd(), os.environ['WHO'])"
        return await python(source, cwd=tmp_path, env={"WHO": "me"})

    assert loop.run_until_complete(main()) == f"{os.path.realpath(tmp_path)} me"


def test_executable_leaves_the_arguments_alone(loop):
    async def main():
        process = await asyncio.create_subprocess_exec(
            "another name", "-c", "echo $0", "zero", executable="/bin/sh", stdout=PIPE
        )
        out, _ = await process.communicate()
        process = await asyncio.create_subprocess_exec(
            "another name",
            "-c",
            "tr '\\0' ' ' < /proc/$$/cmdline",
            executable="/bin/sh",
            stdout=PIPE,
        )
        return out, (await process.communicate())[0].split(b" -c")[0]

    assert loop.run_until_complete(main()) == (b"zero\n", b"another name")


LIST = "import os; print(*sorted(int(fd) for fd in os.listdir('/proc/self/fd')))"


def test_descriptors_are_closed_in_the_child(loop):
    async def main():
        reading, writing = os.pipe()
        os.set_inheritable(reading, True)
        try:
            closed = (await python(LIST)).split()
            kept = (await python(LIST, close_fds=False)).split()
            passed = (await python(LIST, pass_fds=[writing])).split()
        finally:
            os.close(reading)
            os.close(writing)
        assert str(reading) not in closed
        assert str(reading) in kept
        assert str(writing) in passed and str(reading) not in passed

    loop.run_until_complete(main())


def test_a_session_of_its_own(loop):
    source = "import os; print(os.getsid(0) == os.getpid())"
    assert loop.run_until_complete(python(source, start_new_session=True)) == "True"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="process_group came with Python 3.11")
def test_a_process_group_of_its_own(loop):
    source = "import os; print(os.getpgid(0) == os.getpid())"
    assert loop.run_until_complete(python(source, process_group=0)) == "True"


def test_umask(loop):
    source = "import os; print(oct(os.umask(0)))"
    assert loop.run_until_complete(python(source, umask=0o123)) == "0o123"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_user_and_groups(loop):
    try:
        subprocess.run([sys.executable, "-c", ""], user=65534, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python lies where nobody may run it")
    source = "import os; print(os.getuid(), os.getgid(), *os.getgroups())"
    done = python(source, user=65534, group=65533, extra_groups=[65532])
    assert loop.run_until_complete(done) == "65534 65533 65532"


def test_preexec_fn(loop):
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (7, 7))

    source = "import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))"
    assert loop.run_until_complete(python(source, preexec_fn=limit)) == "7 7"


def test_signals_are_restored_in_the_child(loop):
    """Python ignores SIGPIPE; its children do not."""
    source = "import os; os.write(1, b'x')"
    code = f'exec {sys.executable} -c "{source}"'
    assert loop.run_until_complete(shell(code)) == (b"x", 0)
    ignored = "grep SigIgn /proc/self/status"
    out, _ = loop.run_until_complete(shell(ignored))
    assert int(out.split()[1], 16) & 1 << (signal.SIGPIPE - 1) == 0


def test_errors_can_go_where_output_goes(loop):
    async def main():
        return await shell("echo one; echo two >&2", stderr=asyncio.subprocess.STDOUT)

    assert loop.run_until_complete(main()) == (b"one\ntwo\n", 0)


def test_output_can_go_to_a_file_or_nowhere(loop, tmp_path):
    async def main():
        with open(tmp_path / "file", "wb") as file:
            process = await asyncio.create_subprocess_exec("echo", "hello", stdout=file)
            await process.wait()
        process = await asyncio.create_subprocess_exec(
            "echo", "hello", stdout=asyncio.subprocess.DEVNULL
        )
        return await process.wait()

    assert loop.run_until_complete(main()) == 0
    assert (tmp_path / "file").read_text() == "hello\n"


def test_forty_children_at_once(loop):
    async def main():
        return await asyncio.gather(*(shell(f"echo {number}") for number in range(40)))

    done = loop.run_until_complete(main())
    assert done == [(b"%d\n" % number, 0) for number in range(40)]


def test_a_child_that_is_waited_for_twice(loop):
    async def main():
        process = await asyncio.create_subprocess_exec("true")
        return await asyncio.gather(process.wait(), process.wait())

    assert loop.run_until_complete(main()) == [0, 0]


def test_a_wait_can_be_cancelled(loop):
    async def main():
        process = await asyncio.create_subprocess_exec("sleep", "3600")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), 0.01)
        assert process.returncode is None
        process.kill()
        return await process.wait()

    assert loop.run_until_complete(main()) == -9


def test_the_handler_of_sigchld_is_the_programs_own(loop):
    seen = []
    before = signal.signal(signal.SIGCHLD, lambda *_: seen.append("child"))
    try:
        assert loop.run_until_complete(shell("true")) == (b"", 0)
        assert signal.getsignal(signal.SIGCHLD).__name__ == "<lambda>"
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert seen == ["child"]


def test_the_transport_is_asyncios_and_knows_its_child(loop):
    class Child(asyncio.SubprocessProtocol):
        def __init__(self):
            self.events = []
            self.over = loop.create_future()

        def connection_made(self, transport):
            self.events.append("made")

        def pipe_data_received(self, fd, data):
            self.events.append((fd, data))

        def pipe_connection_lost(self, fd, error):
            self.events.append((fd, error))

        def process_exited(self):
            self.events.append("exited")

        def connection_lost(self, error):
            self.events.append("lost")
            self.over.set_result(None)

    async def main():
        transport, protocol = await loop.subprocess_exec(
            Child, "sh", "-c", "echo hello; exec >&- 2>&-; read line"
        )
        assert isinstance(transport, asyncio.SubprocessTransport)
        child = transport.get_extra_info("subprocess")
        assert child.pid == transport.get_pid() and transport.get_returncode() is None
        assert isinstance(transport.get_pipe_transport(0), asyncio.WriteTransport)
        assert isinstance(transport.get_pipe_transport(1), asyncio.ReadTransport)
        while (1, None) not in protocol.events or (2, None) not in protocol.events:
            await asyncio.sleep(0.001)
        transport.get_pipe_transport(0).close()
        await protocol.over
        transport.close()
        assert transport.get_returncode() == 1
        events = protocol.events
        assert events[:2] == ["made", (1, b"hello\n")] and events[-2:] == ["exited", "lost"]
        assert {(0, None), (1, None), (2, None)} == set(events[2:-2])

    loop.run_until_complete(main())


def test_closing_the_transport_kills_the_child(loop):
    async def main():
        transport, _ = await loop.subprocess_exec(asyncio.SubprocessProtocol, "sleep", "3600")
        transport.close()
        return await transport._wait()

    assert loop.run_until_complete(main()) == -9


def test_a_child_in_a_loop_of_a_thread(loop_factory):
    import threading

    done = []

    def run():
        loop = loop_factory()
        asyncio.set_event_loop(loop)
        try:
            done.append(loop.run_until_complete(shell("echo hello")))
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE_S)
    assert done == [(b"hello\n", 0)]
