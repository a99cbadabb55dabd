"""A program whose names, files and arguments try to command the terminal of whoever looks at it."""

from __future__ import annotations

import re

EVIL = (
    "\x1b]0;owned\x07\x1b[2J\r\n\t\x9b31m\x7f\u202eevil\u2066\u200b\u2028\ufeff\U000e0041"
    "[link=file:///etc/passwd][bold]%s##"
)
# Characters that must never reach a terminal, except at the ends of lines.
COMMANDS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)

PROGRAM = f"""\
import asyncio, sys

EVIL = {EVIL!r}


def named(function):
    '''The function under an evil name, in an evil file.'''
    code = function.__code__
    names = dict(co_name=EVIL, co_filename="/srv/" + EVIL)
    if sys.version_info >= (3, 11):
        names["co_qualname"] = EVIL
    function.__code__ = code.replace(**names)
    function.__name__ = function.__qualname__ = EVIL
    return function


@named
def beat(loop):
    loop.call_later(0.01, beat, loop)


@named
async def work():
    while True:
        await asyncio.sleep(0.01)


class Served(asyncio.Protocol):
    connection_made = named(lambda self, transport: None)


@named
def serve():
    return Served()


async def main():
    loop = asyncio.get_running_loop()
    beat(loop)
    tasks = [loop.create_task(work(), name=EVIL)]
    await loop.create_server(serve, "127.0.0.1", 0)
    await asyncio.sleep(0.2)
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
