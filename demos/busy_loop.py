"""Where to look: the poll timeout. It is 0 in every iteration because a callback is always ready.

A task that waits for a flag with sleep(0) instead of an Event: the loop never sleeps.
"""

import asyncio

done = False


async def wait_for_flag() -> None:
    while not done:
        await asyncio.sleep(0)


async def set_flag_later(seconds: float) -> None:
    global done
    await asyncio.sleep(seconds)
    done = True


async def main() -> None:
    await asyncio.gather(wait_for_flag(), set_flag_later(60))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
