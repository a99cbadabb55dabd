"""loopscope: a drop-in asyncio event loop on libuv that shows what it is doing while it does it.

Each of these runs a program on it:

    loopscope.run(main())                                              # instead of asyncio.run
    asyncio.Runner(loop_factory=loopscope.new_event_loop)              # Python 3.11 and later
    loopscope.install()                                                # before asyncio.run
    python3 -m loopscope run program.py                                # without changing the program

Environment: LOOPSCOPE_LEVEL (off, phases, callbacks, tasks; default phases), LOOPSCOPE_DIR (where sessions lie),
LOOPSCOPE_RING_EVENTS (how many events a session holds), LOOPSCOPE_DEAD_BYTES (how much memory the sessions of killed
programs may keep), LOOPSCOPE_STALL_MS (how long something may be open in a loop before it is a stall; default 25,
0: nobody watches).

`loopscope.stall_threshold` is the same in seconds. A program may set it at any time.
"""

import sys

from loopscope._native import libuv_version
from loopscope.loop import Loop, new_event_loop
from loopscope.marks import mark, span
from loopscope.policy import EventLoopPolicy, install
from loopscope.run import run
from loopscope.settings import Settings

sys.modules[__name__].__class__ = Settings

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
