"""When memory runs out, the program gets a MemoryError, as from asyncio, and does not abort."""

from __future__ import annotations

import pytest

from programs import FREED_MEMORY_IS_KEPT

SOURCE = """
import collections, resource, socket

def bytes_mapped():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()

async def fill(kind, left):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    mine, theirs = socket.socketpair()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=mine)
    transport.set_write_buffer_limits(2**40)
    kept = []
    resource.setrlimit(resource.RLIMIT_AS, (bytes_mapped() + left, -1))
    try:
        while not transport.is_closing():  # asyncio's transport may take the error for the connection's
            if kind == "call_soon":
                kept.append(loop.call_soon(int))
            elif kind == "call_later":
                kept.append(loop.call_later(1000, int))
            elif kind == "write":
                transport.write(b"x")
                transport.write(b"y" * 7000)  # from 3.12 on, asyncio adds up all that waits at each write
            else:
                kept.append(new_event_loop())
    except (MemoryError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
        kept.clear()
        transport.abort()

new_event_loop().close()
signals = collections.Counter()
for left in range(3, 12):
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(60)
        try:
            new_event_loop().run_until_complete(fill(sys.argv[1], left * 1_000_000))
        except MemoryError:
            pass
        os._exit(0)
    signals[os.waitpid(pid, 0)[1] & 127] += 1
print(dict(signals))
"""


@pytest.mark.skipif(FREED_MEMORY_IS_KEPT, reason="ASan needs all addresses")
@pytest.mark.parametrize("kind", ["call_soon", "call_later", "write", "new_event_loop"])
def test_the_process_lives_on(kind, program):
    done = program.run(SOURCE.replace("sys.argv[1]", repr(kind)))
    assert (done.stdout, done.stderr) == ("{0: 9}\n", "")
