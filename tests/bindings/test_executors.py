"""Executors, name resolution and processes beside the loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import threading
import time

import pytest
from programs import PATIENCE_S
from versions import since


def test_a_function_runs_in_another_thread(loop):
    assert loop.run_until_complete(loop.run_in_executor(None, threading.get_ident)) not in (
        threading.get_ident(),
        None,
    )


def test_arguments_and_exceptions_come_through(loop):
    assert loop.run_until_complete(loop.run_in_executor(None, divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(loop.run_in_executor(None, divmod, 7, 0))


def test_many_at_once(loop):
    async def main():
        calls = [loop.run_in_executor(None, pow, 2, n) for n in range(500)]
        return await asyncio.gather(*calls)

    assert loop.run_until_complete(main()) == [2**n for n in range(500)]


def test_the_loop_goes_on_while_a_thread_blocks(loop):
    async def main():
        blocked = loop.run_in_executor(None, time.sleep, 0.1)
        turns = 0
        while not blocked.done():
            await asyncio.sleep(0.005)
            turns += 1
        return turns

    assert loop.run_until_complete(main()) >= 3


def test_an_executor_of_ones_own(loop):
    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        name = loop.run_until_complete(
            loop.run_in_executor(executor, lambda: threading.current_thread().name)
        )
    assert name.startswith("mine")


def test_the_default_executor_can_be_set(loop):
    executor = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="default")
    loop.set_default_executor(executor)
    name = loop.run_until_complete(
        loop.run_in_executor(None, lambda: threading.current_thread().name)
    )
    assert name.startswith("default")


@since((3, 11), "the check")
def test_the_default_executor_must_be_one_of_threads(loop):
    with pytest.raises(TypeError, match="ThreadPoolExecutor"):
        loop.set_default_executor("no executor")


def test_shutdown_waits_for_the_threads(loop):
    done = []

    async def main():
        loop.run_in_executor(None, lambda: (time.sleep(0.05), done.append(1)))
        await loop.shutdown_default_executor()
        assert done == [1]
        with pytest.raises(RuntimeError, match="shutdown"):
            await loop.run_in_executor(None, print)

    loop.run_until_complete(main())


def test_closing_without_shutdown_does_not_wait(loop):
    release, before, done = threading.Event(), set(threading.enumerate()), []
    loop.run_in_executor(None, lambda: (release.wait(PATIENCE_S), done.append(1)))
    loop.close()
    assert done == []
    release.set()
    for worker in set(threading.enumerate()) - before:
        worker.join()  # Python 3.9 has it log that the loop is closed, with a traceback that holds the loop


def test_to_thread(loop):
    assert loop.run_until_complete(asyncio.to_thread(sum, [1, 2, 3])) == 6


def test_a_process_pool_works_beside_the_loop(program):
    result = program.run(
        """
        import concurrent.futures

        async def main():
            loop = asyncio.get_running_loop()
            with concurrent.futures.ProcessPoolExecutor(2) as pool:
                return await asyncio.gather(*(loop.run_in_executor(pool, pow, 2, n) for n in range(8)))

        if __name__ == "__main__":
            loop = new_event_loop()
            print(loop.run_until_complete(main()))
            loop.close()
        """
    )
    assert (result.stdout, result.stderr) == (f"{[2**n for n in range(8)]}\n", "")


@pytest.mark.parametrize("when", ["before the run", "inside a callback", "after close"])
def test_a_forked_child_can_run_a_loop_of_its_own(program, when):
    result = program.run(
        f"""
        def child():
            pid = os.fork()
            if pid == 0:
                asyncio._set_running_loop(None)
                own = new_event_loop()
                print("child", own.run_until_complete(asyncio.sleep(0.01, "ran")), flush=True)
                own.close()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0

        loop = new_event_loop()
        if {when!r} == "before the run":
            child()
        loop.run_until_complete(asyncio.sleep(0))
        if {when!r} == "inside a callback":
            loop.call_soon(child)
        print("parent", loop.run_until_complete(asyncio.sleep(0.02, "ran")), flush=True)
        loop.close()
        if {when!r} == "after close":
            child()
        """
    )
    assert result.stderr == ""
    assert sorted(result.stdout.splitlines()) == ["child ran", "parent ran"]


def test_a_child_that_only_exits_leaves_the_parents_loop_alone(program):
    result = program.run(
        """
        loop = new_event_loop()
        def fork():
            pid = os.fork()
            if pid == 0:
                sys.exit(0)
            os.waitpid(pid, 0)
        try:
            loop.call_soon(fork)
            loop.run_until_complete(asyncio.sleep(0.02))
            server = loop.run_until_complete(loop.create_server(asyncio.Protocol, "127.0.0.1", 0))
            server.close()
            loop.run_until_complete(asyncio.sleep(0.02))
            print("parent is fine", flush=True)
        except SystemExit:
            os._exit(0)
        loop.close()
        """
    )
    assert (result.stdout, result.returncode) == ("parent is fine\n", 0)


def test_subprocess_run_works_beside_the_loop(loop):
    import subprocess

    output = loop.run_until_complete(
        loop.run_in_executor(None, lambda: subprocess.run(["echo", "hi"], capture_output=True))
    )
    assert output.stdout == b"hi\n"


GETADDRINFO = [
    ("127.0.0.1", 80),
    ("127.0.0.1", "80"),
    ("::1", 80),
    ("localhost", 0),
    ("localhost", "http"),
    (None, 80),
    ("0.0.0.0", None),
    (b"127.0.0.1", 80),
]


@pytest.mark.parametrize("host, port", GETADDRINFO, ids=repr)
def test_getaddrinfo_answers_as_the_socket_module(loop, host, port):
    for options in ({}, {"type": socket.SOCK_STREAM}, {"family": socket.AF_INET}):
        try:
            expected = socket.getaddrinfo(host, port, **options)
        except socket.gaierror as error:
            with pytest.raises(socket.gaierror) as caught:
                loop.run_until_complete(loop.getaddrinfo(host, port, **options))
            assert caught.value.errno == error.errno
        else:
            assert loop.run_until_complete(loop.getaddrinfo(host, port, **options)) == expected


def test_getaddrinfo_of_no_such_name_is_a_gaierror(loop):
    with pytest.raises(socket.gaierror):
        loop.run_until_complete(loop.getaddrinfo("no such host.invalid", 80))


def test_getnameinfo_answers_as_the_socket_module(loop):
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    for address in (("127.0.0.1", 80), ("::1", 80)):
        expected = socket.getnameinfo(address, flags)
        assert loop.run_until_complete(loop.getnameinfo(address, flags)) == expected


def test_many_lookups_at_once(loop):
    async def main():
        lookups = (loop.getaddrinfo("127.0.0.1", port) for port in range(1, 100))
        return [result[0][4][1] for result in await asyncio.gather(*lookups)]

    assert loop.run_until_complete(main()) == list(range(1, 100))


def test_the_thread_of_an_executor_may_call_call_soon_threadsafe(loop):
    ran = []

    def work():
        for number in range(100):
            loop.call_soon_threadsafe(ran.append, number)

    loop.run_until_complete(loop.run_in_executor(None, work))
    loop.run_until_complete(asyncio.sleep(0))
    assert ran == list(range(100))
