"""Where to look: the graph of the loop's lag, and the callback before heartbeat() in the timeline.

A heartbeat every 100 ms, and a parse_upload() that sometimes computes for longer than that.
"""

import asyncio
import hashlib
import time

HEARTBEAT_S = 0.1


def parse_upload() -> None:
    digest = hashlib.sha256()
    started = time.perf_counter()
    while time.perf_counter() - started < 0.25:
        digest.update(bytes(65536))


async def heartbeat() -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += HEARTBEAT_S
        await asyncio.sleep(due - loop.time())
        late_ms = (loop.time() - due) * 1000
        if late_ms > 20:
            print(f"heartbeat was {late_ms:.0f} ms late", flush=True)


async def main() -> None:
    beating = asyncio.create_task(heartbeat(), name="heartbeat")
    while not beating.done():
        await asyncio.sleep(1.0)
        asyncio.get_running_loop().call_soon(parse_upload)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
