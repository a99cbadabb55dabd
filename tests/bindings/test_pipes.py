"""Pipes, FIFOs and terminals as transports."""

from __future__ import annotations

import asyncio
import contextvars
import os
import pty

import pytest
from tcp import Recorder, until


class Ends:
    """The two ends of a pipe: one is the loop's, the other is moved by hand."""

    def __init__(self):
        self.reading, self.writing = os.pipe()

    def reader(self):
        return os.fdopen(self.reading, "rb", 0)

    def writer(self):
        return os.fdopen(self.writing, "wb", 0)


def test_what_is_written_is_read(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_read_pipe(Recorder, ends.reader())
        assert isinstance(transport, asyncio.ReadTransport)
        assert not isinstance(transport, asyncio.WriteTransport)
        assert transport.get_protocol() is protocol and not transport.is_closing()
        os.write(ends.writing, b"hello")
        await until(lambda: protocol.received)
        os.write(ends.writing, b" you")
        os.close(ends.writing)
        assert await protocol.lost is None
        assert protocol.received == b"hello you"
        assert protocol.events == ["made", "data", "data", "eof", "lost"]

    loop.run_until_complete(main())


def test_a_megabyte_through_two_transports(loop):
    data = os.urandom(1 << 20)

    async def main():
        ends = Ends()
        _, reader = await loop.connect_read_pipe(Recorder, ends.reader())
        transport, writer = await loop.connect_write_pipe(Recorder, ends.writer())
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(data)
        assert "pause" in writer.events and transport.get_write_buffer_size() > 0
        transport.write_eof()
        await reader.lost
        await writer.lost
        assert reader.received == data
        assert writer.events == ["made", "pause", "resume", "lost"]

    loop.run_until_complete(main())


def test_streams_on_pipes_wait_in_drain(loop):
    async def main():
        ends = Ends()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), ends.reader())
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(), ends.writer()
        )
        writer = asyncio.StreamWriter(transport, protocol, None, loop)

        async def produce():
            for number in range(1000):
                writer.write(b"%d\n" % number * 100)
                await writer.drain()
            transport.close()

        producer = loop.create_task(produce())
        received = await reader.read()
        await producer
        assert received == b"".join(b"%d\n" % number * 100 for number in range(1000))

    loop.run_until_complete(main())


@pytest.mark.parametrize("method", ["connect_read_pipe", "connect_write_pipe"])
def test_a_regular_file_is_refused_and_the_loop_goes_on(loop, tmp_path, method):
    with open(tmp_path / "file", "w+b") as file:
        with pytest.raises(ValueError, match="Pipe transport is"):
            loop.run_until_complete(getattr(loop, method)(Recorder, file))
    assert loop.run_until_complete(asyncio.sleep(0, 7)) == 7


def test_a_fifo_is_read(loop, tmp_path):
    os.mkfifo(tmp_path / "fifo")

    async def main():
        reading = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        _, protocol = await loop.connect_read_pipe(Recorder, os.fdopen(reading, "rb", 0))
        writing = os.open(tmp_path / "fifo", os.O_WRONLY)
        os.write(writing, b"hello")
        await until(lambda: protocol.received == b"hello")
        os.close(writing)
        await protocol.lost

    loop.run_until_complete(main())


def test_reading_can_be_paused_and_resumed(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_read_pipe(Recorder, ends.reader())
        transport.pause_reading()
        transport.pause_reading()
        os.write(ends.writing, b"hello")
        await asyncio.sleep(0.02)
        assert protocol.received == b""
        transport.resume_reading()
        transport.resume_reading()
        await until(lambda: protocol.received == b"hello")
        transport.close()
        assert transport.is_closing()
        await protocol.lost
        os.close(ends.writing)

    loop.run_until_complete(main())


def test_the_writer_is_told_when_its_reader_leaves(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_write_pipe(Recorder, ends.writer())
        os.close(ends.reading)
        assert await protocol.lost is None
        assert transport.is_closing()

    loop.run_until_complete(main())


def test_a_reader_that_leaves_while_bytes_wait_is_a_broken_pipe(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_write_pipe(Recorder, ends.writer())
        transport.write(b"x" * 200_000)
        os.close(ends.reading)
        assert isinstance(await protocol.lost, BrokenPipeError)

    loop.run_until_complete(main())


def test_writes_after_close_are_dropped(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_write_pipe(Recorder, ends.writer())
        assert transport.can_write_eof()
        transport.close()
        transport.write(b"late")
        await protocol.lost
        assert os.read(ends.reading, 100) == b""
        os.close(ends.reading)

    loop.run_until_complete(main())


def test_abort_drops_what_waits(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_write_pipe(Recorder, ends.writer())
        transport.write(b"x" * 200_000)
        transport.abort()
        assert await protocol.lost is None
        assert len(os.read(ends.reading, 300_000)) == 65536
        os.close(ends.reading)

    loop.run_until_complete(main())


def test_what_waits_is_a_copy(loop):
    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_write_pipe(Recorder, ends.writer())
        data = bytearray(b"x" * 100_000)
        transport.write(data)
        data[:] = b"y" * 100_000
        transport.close()
        received = b""
        os.set_blocking(ends.reading, False)
        while not protocol.lost.done():
            try:
                received += os.read(ends.reading, 100_000)
            except BlockingIOError:
                pass
            await asyncio.sleep(0)
        received += os.read(ends.reading, 100_000)
        assert received == b"x" * 100_000
        os.close(ends.reading)

    loop.run_until_complete(main())


def test_an_error_in_data_received_is_reported(loop, errors):
    class Raises(Recorder):
        def data_received(self, data):
            raise ZeroDivisionError

    async def main():
        ends = Ends()
        transport, protocol = await loop.connect_read_pipe(Raises, ends.reader())
        os.write(ends.writing, b"x")
        await until(lambda: errors)
        closing = transport.is_closing()
        transport.close()
        await protocol.lost
        os.close(ends.writing)
        return closing, [type(error["exception"]) for error in errors]

    assert loop.run_until_complete(main()) == (False, [ZeroDivisionError])


def test_a_terminal_goes_both_ways(loop):
    async def main():
        master, slave = pty.openpty()
        _, reader = await loop.connect_read_pipe(Recorder, os.fdopen(os.dup(slave), "rb", 0))
        transport, writer = await loop.connect_write_pipe(Recorder, os.fdopen(slave, "wb", 0))
        os.write(master, b"in\n")
        await until(lambda: reader.received == b"in\n")
        os.set_blocking(master, False)
        transport.write(b"out\n")
        await asyncio.sleep(0.01)
        assert b"out\r\n" in os.read(master, 100)
        transport.close()
        await writer.lost
        reader.transport.close()
        await reader.lost
        os.close(master)

    loop.run_until_complete(main())


def test_protocol_methods_run_in_the_context_of_their_maker(loop):
    who = contextvars.ContextVar("who")
    seen = []

    class InContext(Recorder):
        def connection_made(self, transport):
            seen.append(who.get())
            super().connection_made(transport)

        def data_received(self, data):
            seen.append(who.get())

        def eof_received(self):
            seen.append(who.get())

        def connection_lost(self, error):
            seen.append(who.get())
            super().connection_lost(error)

    async def main():
        who.set("maker")
        ends = Ends()
        _, protocol = await loop.connect_read_pipe(InContext, ends.reader())
        os.write(ends.writing, b"x")
        loop.call_soon(os.close, ends.writing)
        await protocol.lost

    loop.run_until_complete(main())
    assert seen == ["maker"] * 4


def test_a_transport_that_is_forgotten_open_warns(loop):
    import gc

    async def main():
        ends = Ends()
        await loop.connect_read_pipe(Recorder, ends.reader())
        os.close(ends.writing)

    loop.run_until_complete(main())
    loop.close()
    with pytest.warns(ResourceWarning, match="unclosed transport"):
        gc.collect()
