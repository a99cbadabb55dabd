"""websockets, shut down as its documentation advises."""

import asyncio
import logging
import signal
import sys

import websockets


# A test asks whether the server listens, and hangs up. Newer versions log that with a traceback.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


async def talk(socket) -> None:
    print("asked", flush=True)
    async for message in socket:
        await socket.send(message)


async def main() -> None:
    loop = asyncio.get_running_loop()
    terminated = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, terminated.set_result, None)
    async with websockets.serve(talk, "127.0.0.1", int(sys.argv[1])):
        print("listening", flush=True)
        await terminated
    print("cleaned up", flush=True)


asyncio.run(main())
