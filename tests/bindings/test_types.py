"""Python code cannot crash the interpreter through our types: by calling them, their __init__(), or by deleting."""

from __future__ import annotations

import copy
import socket
import subprocess
import sys
import textwrap

import pytest

EVERY_ATTRIBUTE = """
    import asyncio, gc, os, socket
    from loopscope import _native, new_event_loop

    ARGUMENTS = [(), (None,), (0,), (b"x",), (None, None), (0, None), (None,) * 3, (0,) * 4]
    NEVER = {"__class__", "__init_subclass__", "__subclasshook__", "__reduce_ex__"}

    def attempt(do):
        try:
            result = do()
            if asyncio.iscoroutine(result):
                result.close()
        except Exception:
            pass

    def try_everything(thing):
        for name in sorted(set(dir(type(thing))) - NEVER):
            for arguments in ARGUMENTS:
                attempt(lambda: getattr(thing, name)(*arguments))
            for value in (None, 0, True, "text"):
                attempt(lambda: setattr(thing, name, value))
            if not name.startswith("__"):
                attempt(lambda: delattr(thing, name))
        for do in (iter, next, len, repr, hash, bytes, memoryview, bool):
            attempt(lambda: do(thing))

    def of_ours(base):
        yield base
        for derived in base.__subclasses__():
            yield from of_ours(derived)

    async def calls():
        left, right = socket.socketpair()
        with left, right:
            left.setblocking(False)
            call = asyncio.get_running_loop().sock_recv(left, 1)
            call.close()
            return type(call)

    loop = new_event_loop()
    bases = [value for value in vars(_native).values() if isinstance(value, type)]
    bases += [type(loop._transports), loop.run_until_complete(calls())]
    made = 0
    for ours in {each for base in bases for each in of_ours(base)}:
        for make in (lambda: ours(), lambda: ours.__new__(ours), lambda: object.__new__(ours)):
            found = []
            attempt(lambda: found.append(make()))
            for thing in found:
                made += 1
                try_everything(thing)
            del found[:]
            gc.collect()
    print(made, flush=True)
    os._exit(0)  # what stays of such objects may complain at the end
    """


def test_objects_that_were_never_initialised_raise_and_do_not_crash():
    command = [sys.executable, "-c", textwrap.dedent(EVERY_ATTRIBUTE)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.splitlines()[-1]) > 5


def test_what_only_the_loop_makes_cannot_be_made_by_hand(ours):
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        call = ours.sock_recv(left, 1)
        things = [ours.call_soon(print), ours.call_later(1, print), call, ours._transports]
        for thing in things:
            for make in (type(thing), lambda: type(thing).__new__(type(thing))):
                with pytest.raises(TypeError):
                    make()
            with pytest.raises(TypeError):
                copy.copy(thing)
        for handle in things[:2]:
            handle.cancel()
        call.close()


def test_a_closed_loop_is_not_opened_again(ours):
    ours.close()
    for again in (ours.__init__, ours._run_once, ours.run_forever):
        with pytest.raises(RuntimeError, match="closed"):
            again()
    assert ours.is_closed()
