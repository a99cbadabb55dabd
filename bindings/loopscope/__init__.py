"""loopscope: a drop-in asyncio event loop on libuv that shows what it is doing while it does it.

Each of these runs a program on it:

    loopscope.run(main())                                              # instead of asyncio.run
    asyncio.Runner(loop_factory=loopscope.new_event_loop)              # Python 3.11 and later
    loopscope.install()                                                # before asyncio.run
    python3 -m loopscope run program.py                                # without changing the program

Environment: LOOPSCOPE_LEVEL (off, phases, callbacks, tasks; default phases), LOOPSCOPE_DIR (where sessions lie),
LOOPSCOPE_RING_EVENTS (how many events a session holds), LOOPSCOPE_DEAD_BYTES (how much memory the sessions of killed
programs may keep).
"""

from loopscope._native import libuv_version
from loopscope.loop import Loop, new_event_loop
from loopscope.marks import mark, span
from loopscope.policy import EventLoopPolicy, install
from loopscope.run import run

__version__ = "0.1.0"

__all__ = (
    "EventLoopPolicy",
    "Loop",
    "install",
    "libuv_version",
    "mark",
    "new_event_loop",
    "run",
    "span",
)
