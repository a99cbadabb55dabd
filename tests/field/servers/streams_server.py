"""asyncio's own streams, with a plain handler of signal.signal() and no library."""

import asyncio
import signal
import sys


async def main() -> None:
    tasks = set()

    async def connected(reader, writer):
        if not await reader.readline():
            return writer.close()
        tasks.add(asyncio.current_task())
        print("asked", flush=True)
        await asyncio.sleep(0.5)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfinished")
        writer.close()
        await writer.wait_closed()
        tasks.discard(asyncio.current_task())

    server = await asyncio.start_server(connected, "127.0.0.1", int(sys.argv[1]))
    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(terminated.set))
    print("listening", flush=True)
    await terminated.wait()
    server.close()
    await asyncio.gather(*tasks)
    print("cleaned up", flush=True)


asyncio.run(main())
