"""Connections that come and go by the thousand: memory stays flat. LOOPSCOPE_CONNECTIONS sets how many."""

from __future__ import annotations

import os

import pytest

from programs import FREED_MEMORY_IS_KEPT

CONNECTIONS = int(os.environ.get("LOOPSCOPE_CONNECTIONS", "4000"))
LIMIT_S = max(60, CONNECTIONS // 100)
PROGRAM = """
    import gc, socket, struct

    def resident():
        gc.collect()
        # Without the session's file, whose pages come in as its ring fills for the first time.
        [line] = [line for line in open("/proc/self/status") if line.startswith("RssAnon:")]
        return int(line.split()[1]) * 1024

    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport
        def data_received(self, data):
            self.transport.write(data)

    async def one(connect, number):
        reader, writer = await connect()
        writer.write(b"x" * (number % 3000))
        writer.write(b"end")
        await reader.readexactly(number % 3000 + 3)
        if sock := writer.get_extra_info("socket"):
            if number % 5 == 0 and sock.family != socket.AF_UNIX:  # nor would its port be free for a minute
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if number % 7 == 0:
            writer.transport.abort()
        else:
            writer.close()
            await writer.wait_closed()

    async def many(connect, count):
        for first in range(0, count, 100):
            await asyncio.gather(*(one(connect, number) for number in range(first, first + 100)))

    async def main(count):
        loop = asyncio.get_running_loop()
        tcp = await loop.create_server(Echo, "127.0.0.1", 0, backlog=200)
        unix = await loop.create_unix_server(Echo, sys.argv[0] + ".socket", backlog=200)
        ways = [
            lambda: asyncio.open_connection(*tcp.sockets[0].getsockname()),
            lambda: asyncio.open_unix_connection(sys.argv[0] + ".socket"),
        ]
        for way in ways:
            await many(way, 1000)
        before = resident()
        for way in ways:
            await many(way, count // 2)
        grown = resident() - before
        for server in (tcp, unix):
            server.close()
            await server.wait_closed()
        await asyncio.sleep(0.01)
        gc.collect()
        print(grown, before, len(loop._transports))

    loop = new_event_loop()
    loop.run_until_complete(main(COUNT))
    loop.close()
    """


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.skipif(FREED_MEMORY_IS_KEPT, reason="AddressSanitizer keeps what is freed")
def test_memory_stays_flat(program):
    source = PROGRAM.replace("COUNT", str(CONNECTIONS))
    result = program.run(source, seconds=LIMIT_S)
    assert result.stderr == ""
    grown, before, open_transports = map(int, result.stdout.split())
    print(f"{CONNECTIONS} connections: {before >> 10} KiB before, {grown >> 10:+} KiB")
    assert open_transports == 0
    assert grown < 2 << 20
