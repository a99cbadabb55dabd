"""Random use of a connection's two ends has the same calls, bytes and exceptions on both loops."""

from __future__ import annotations

import asyncio
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import factory_of
from tcp import connected

# After each action a loop has this long to come to rest, so that nothing races. On a busy machine the first can be
# too short, and stock asyncio then differs from itself. A real difference in behaviour shows at every length.
SETTLE_SECONDS = (0.0015, 0.015, 0.15)

sides = st.sampled_from(["remote", "client"])
kinds = [
    st.tuples(st.just("write"), sides, st.sampled_from([0, 1, 1000, 30_000])),
    st.tuples(
        st.sampled_from("write_eof close abort pause_reading resume_reading exchange".split()),
        sides,
    ),
]
# Until then it was write() of the joined parts. asyncio's own of 3.12 raises a TypeError on a closed transport, and
# never pauses the protocol.
if sys.version_info < (3, 12):
    kinds.append(st.tuples(st.just("writelines"), sides, st.sampled_from([1, 5000])))
programs = st.lists(st.one_of(kinds), min_size=1, max_size=8)


class Side(asyncio.Protocol):
    """Notes what is called, and how many bytes came between two other calls."""

    def __init__(self):
        self.notes: list = []
        self.transport: asyncio.Transport | None = None
        self.stays_open = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.notes and isinstance(self.notes[-1], int):
            self.notes[-1] += len(data)
        else:
            self.notes.append(len(data))

    def eof_received(self):
        self.notes.append("eof")
        return self.stays_open

    def connection_lost(self, error):
        self.notes.append(("lost", type(error).__name__))


class OpenSide(Side):
    def __init__(self):
        super().__init__()
        self.stays_open = True


def act(side: Side, kind: str, *details) -> None:
    transport = side.transport
    if kind == "write":
        transport.write(b"x" * details[0])
    elif kind == "writelines":
        transport.writelines([b"y" * details[0], b"", bytearray(b"z" * details[0])])
    elif kind == "exchange":
        successor = type(side)()
        successor.notes, successor.transport = side.notes, transport
        transport.set_protocol(successor)
    else:
        getattr(transport, kind)()


async def play(program, remote_stays_open: bool, settle_seconds: float) -> dict:
    server_factory = OpenSide if remote_stays_open else Side
    async with connected(server_factory, Side) as (remote, client):
        ends = {"remote": remote, "client": client}
        raised = []
        for kind, side, *details in program:
            try:
                act(ends[side], kind, *details)
            except Exception as error:
                raised.append((kind, type(error).__name__, str(error)))
            await asyncio.sleep(settle_seconds)
        state = {
            side: (
                end.transport.is_closing(),
                end.transport.is_reading(),
                end.transport.get_write_buffer_size(),
            )
            for side, end in ends.items()
        }
    await asyncio.sleep(settle_seconds)
    notes = {side: end.notes for side, end in ends.items()}
    return {"notes": notes, "raised": raised, "state": state}


def play_on(loop_name: str, program, remote_stays_open: bool, settle_seconds: float) -> dict:
    loop = factory_of(loop_name)()
    reports: list[str] = []
    loop.set_exception_handler(lambda _, context: reports.append(context["message"]))
    try:
        result = loop.run_until_complete(play(program, remote_stays_open, settle_seconds))
    finally:
        loop.close()
    return {**result, "reports": reports}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(program=programs, remote_stays_open=st.booleans())
def test_a_random_conversation_is_the_same(loop_name, program, remote_stays_open):
    for settle_seconds in SETTLE_SECONDS:
        on_stock = play_on("stock", program, remote_stays_open, settle_seconds)
        on_loop = play_on(loop_name, program, remote_stays_open, settle_seconds)
        if on_loop == on_stock:
            return
    assert on_loop == on_stock
