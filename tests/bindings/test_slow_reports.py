"""Debug mode reports slow callbacks of every kind in the same words on both loops.

The comparison leaves out only numbers, addresses and the names of the loops' own classes.
"""

from __future__ import annotations

import re

import pytest

PROLOGUE = """
import logging, socket, threading

logging.basicConfig(level=logging.WARNING, format="%(message)s")

def slow():
    time.sleep(0.12)

def nothing_slow(*_):
    pass

class Protocol(asyncio.Protocol):
    slow_in = ""

    def connection_made(self, transport):
        self.transport = transport
        self.maybe("connection_made")

    def data_received(self, data):
        self.maybe("data_received")
        self.transport.write(data)

    def eof_received(self):
        self.maybe("eof_received")

    def connection_lost(self, error):
        self.maybe("connection_lost")
        asyncio.get_running_loop().stop()

    def datagram_received(self, data, address):
        self.maybe("datagram_received")
        self.transport.close()

    def maybe(self, method):
        if method == Protocol.slow_in:
            slow()

loop = new_event_loop()
asyncio.set_event_loop(loop)
loop.set_debug(True)

def run(seconds=None):
    loop.run_forever()

"""

CASES = {
    "soon": """
        def on_soon(*_):
            slow()
            loop.stop()
        loop.call_soon(on_soon, 1)
        run()
    """,
    "threadsafe": """
        def on_threadsafe():
            slow()
            loop.stop()
        loop.call_soon_threadsafe(on_threadsafe)
        run()
    """,
    "timer": """
        def on_timer():
            slow()
            loop.stop()
        loop.call_later(0.001, on_timer)
        run()
    """,
    "a task's step": """
        async def main():
            await asyncio.sleep(0)
            slow()
            loop.stop()
        task = loop.create_task(main(), name="the task")
        run()
    """,
    "a task that fails": """
        async def main():
            slow()
            loop.stop()
            raise ZeroDivisionError
        task = loop.create_task(main(), name="the task")
        run()
        task.exception()
    """,
    "a wake-up of a task": """
        async def main(future):
            await future
            slow()
            loop.stop()
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        task = loop.create_task(main(future), name="the task")
        run()
    """,
    "a done callback": """
        def on_done(future):
            slow()
            loop.stop()
        future = loop.create_future()
        future.add_done_callback(on_done)
        future.set_result(None)
        run()
    """,
    "reader": """
        def on_readable():
            slow()
            loop.remove_reader(left)
            loop.stop()
        left, right = socket.socketpair()
        loop.add_reader(left, on_readable)
        right.send(b"x")
        run()
    """,
    "writer": """
        def on_writable():
            slow()
            loop.remove_writer(left)
            loop.stop()
        left, right = socket.socketpair()
        loop.add_writer(left, on_writable)
        run()
    """,
    "signal": """
        def on_signal():
            slow()
            loop.stop()
        loop.add_signal_handler(signal.SIGUSR1, on_signal)
        os.kill(os.getpid(), signal.SIGUSR1)
        run()
    """,
    "a partial and a method": """
        import functools
        class Object:
            def method(self, argument):
                slow()
            def __repr__(self):
                return "the object"
        loop.call_soon(functools.partial(Object().method, "argument"))
        loop.call_soon(loop.stop)
        run()
    """,
}


def report(program, case):
    result = program.run(PROLOGUE + "\n" + __import__("textwrap").dedent(case))
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("Executing")]
    return [re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "N", line) for line in lines]


@pytest.fixture
def stock(program, tmp_path):
    return type(program)("stock", tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_a_slow_callback_is_reported_in_asyncios_words(program, stock, case):
    expected = report(stock, CASES[case])
    assert len(expected) == 1
    assert report(program, CASES[case]) == expected


PROTOCOL = """
Protocol.slow_in = {method!r}
left, right = socket.socketpair()
async def main():
    await loop.connect_accepted_socket(Protocol, left)
    right.send(b"x")
    loop.call_later(0.05, right.shutdown, socket.SHUT_WR)
task = loop.create_task(main())
run()
"""


@pytest.mark.parametrize(
    "method", ["connection_made", "data_received", "eof_received", "connection_lost"]
)
def test_a_slow_protocol_method_is_named(program, loop_name, method):
    """asyncio names its transport's method, which calls the protocol's. loopscope names the protocol's."""
    (line,) = report(program, PROTOCOL.format(method=method))
    assert line.startswith("Executing ") and line.endswith(" took N seconds")
    if loop_name != "stock":
        assert f"Protocol.{method}" in line or f"_{method}" in line


DATAGRAM = """
Protocol.slow_in = "datagram_received"
async def main():
    transport, _ = await loop.create_datagram_endpoint(Protocol, ("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"x", transport.get_extra_info("sockname"))
task = loop.create_task(main())
run()
"""


def test_a_slow_datagram_received_is_reported(program):
    (line,) = report(program, DATAGRAM)
    assert "datagram_received" in line or "_read_ready" in line


PIPE = """
Protocol.slow_in = "data_received"
reading, writing = os.pipe()
class Reading(Protocol):
    def data_received(self, data):
        self.maybe("data_received")
        self.transport.close()
async def main():
    await loop.connect_read_pipe(Reading, os.fdopen(reading, "rb", 0))
    os.write(writing, b"x")
task = loop.create_task(main())
run()
"""


def test_a_slow_reader_of_a_pipe_is_reported(program):
    (line,) = report(program, PIPE)
    assert "_read_ready" in line or "data_received" in line
