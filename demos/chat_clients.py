"""Clients of chat_server.py, in a process of their own: `chat_clients.py PORT NUMBER`."""

import asyncio
import random
import sys

WORDS = ("hello", "how are you?", "fine, thanks", "lunch?", "see you")


async def listen(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def talk(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    listening = asyncio.create_task(listen(reader))
    while not listening.done():
        writer.write(f"client {number}: {random.choice(WORDS)}\n".encode())
        await asyncio.sleep(random.uniform(0.002, 0.03))


async def main(port: int, clients: int) -> None:
    await asyncio.gather(*(talk(port, number) for number in range(clients)), return_exceptions=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
    except KeyboardInterrupt:
        pass
