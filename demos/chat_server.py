"""Where to look: the timeline. render_report() holds the loop for 30 ms, and everybody waits behind it.

A chat server on asyncio streams; chat_clients.py talks to it.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path

CLIENTS = 8
HEARTBEAT_S = 0.5
REPORT_EVERY_S = 1.7
history: list[str] = []
writers: set[asyncio.StreamWriter] = set()


async def serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writers.add(writer)
    while line := await reader.readline():
        history.append(line.decode())
        await broadcast(line)
    writers.discard(writer)
    writer.close()


async def broadcast(line: bytes) -> None:
    for writer in writers:
        writer.write(line)
    await asyncio.gather(*(writer.drain() for writer in writers))


def heartbeat(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_later(HEARTBEAT_S, heartbeat, loop)
    for writer in writers:
        writer.write(b"still here\n")


def render_report(loop: asyncio.AbstractEventLoop) -> None:
    """The mistake: it does long work on the loop."""
    loop.call_later(REPORT_EVERY_S, render_report, loop)
    del history[:-5000]
    started = time.perf_counter()
    while time.perf_counter() - started < 0.030:
        zlib.compress(json.dumps(history[-500:]).encode())


async def serve(listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(serve_client, sock=listener)
    loop.call_later(HEARTBEAT_S, heartbeat, loop)
    loop.call_later(REPORT_EVERY_S, render_report, loop)
    await server.serve_forever()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    print(f"chat server on port {port} with {CLIENTS} clients; Ctrl-C ends it", flush=True)
    talker = Path(__file__).with_name("chat_clients.py")
    clients = subprocess.Popen([sys.executable, talker, str(port), str(CLIENTS)])
    try:
        asyncio.run(serve(listener))
    except KeyboardInterrupt:
        pass
    finally:
        clients.terminate()


if __name__ == "__main__":
    main()
