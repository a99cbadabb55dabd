"""The cases of the bench, as data. --only and the report use a case's name."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
LARGEST_DATAGRAM = 65507
SIZES = (1 * KIB, 10 * KIB, 100 * KIB)
CONNECTIONS = (1, 100, 1_000, 10_000)


def size_name(size: int) -> str:
    return f"{size // KIB} KiB" if size % KIB == 0 else f"{size} bytes"


@dataclass(frozen=True)
class Traffic:
    """A server and the client that keeps it busy."""

    program: str  # of servers/, without .py
    way: str  # what the program is told
    transport: str
    size: int = KIB
    connections: int = 10
    reconnect: bool = False
    needs: str = ""  # a Python package
    most_rounds: int = 100
    # Times the usual seconds. The kernel's tick needs many to tell user from system time.
    patience: int = 1

    primary = "throughput"

    @property
    def name(self) -> str:
        if self.reconnect:
            return "connections opened and closed"
        way = self.way or self.program.partition("_")[0]
        what = way if self.transport in ("tcp", "http") else f"{way} {self.transport}"
        prefix = "http " if self.transport == "http" else ""
        return f"{prefix}{what} {size_name(self.size)} x{self.connections}"


@dataclass(frozen=True)
class Operation:
    """One thing done many times in a process; micro.py has the function of that name."""

    function: str
    pending: int = 0  # timers that wait meanwhile
    both_cpus: bool = False
    primary: str = "cpu_ns"

    @property
    def name(self) -> str:
        words = self.function.replace("_", " ")
        plain = {"call soon": "call_soon", "create task": "create_task"}
        for spoken, written in plain.items():
            words = words.replace(spoken, written)
        return f"{words} with {self.pending} pending" if self.pending else words


@dataclass(frozen=True)
class Lateness:
    """Of one timer at a time."""

    delay_us: float
    primary = "late_us"

    @property
    def name(self) -> str:
        delay = f"{self.delay_us:g} us" if self.delay_us < 100 else f"{self.delay_us / 1000:g} ms"
        return f"lateness of call_later {delay}"


@dataclass(frozen=True)
class Import:
    name = "import"
    primary = "cpu_ms"


@dataclass(frozen=True)
class IdleMemory:
    connections: int = 10_000
    primary = "bytes"

    @property
    def name(self) -> str:
        return f"memory of an idle connection x{self.connections}"


@dataclass(frozen=True)
class Writer:
    name = "the writer's events"
    primary = "event_ns"


@dataclass(frozen=True)
class TracingCost:
    """The cost of tracing an operation, as measured and as the app says."""

    function: str  # of tracing_cost.py
    primary = "measured_ns"

    @property
    def name(self) -> str:
        return f"cost of tracing {self.function.replace('_', ' ')}"


Case = Traffic | Operation | Lateness | Import | IdleMemory | Writer | TracingCost


def echoes() -> list[Traffic]:
    ways = [(way, "tcp") for way in ("protocol", "buffered", "streams", "sock")]
    ways += [("protocol", "unix"), ("protocol", "tls"), ("datagram", "udp")]
    cases = []
    for way, transport in ways:
        largest = LARGEST_DATAGRAM if transport == "udp" else 100 * KIB
        patience = 3 if (way, transport) == ("protocol", "tcp") else 1
        for size in (KIB, 10 * KIB, largest):
            cases.append(Traffic("asyncio_echo", way, transport, size, patience=patience))
        cases += [of_many(way, transport, count) for count in CONNECTIONS]
    return cases


def of_many(way: str, transport: str, connections: int) -> Traffic:
    """10,000 answers take a while, and the handshakes before them take seconds."""
    many = connections == 10_000
    most_rounds = 2 if many and transport == "tls" else 100
    patience = 2 if many else 1
    return Traffic(
        "asyncio_echo",
        way,
        transport,
        KIB,
        connections,
        most_rounds=most_rounds,
        patience=patience,
    )


def http() -> list[Traffic]:
    cases = [Traffic("asyncio_http", "httptools", "http", size, 300) for size in SIZES]
    for program, way, needs in (
        ("aiohttp_site", "aiohttp", "aiohttp"),
        ("uvicorn_site", "uvicorn", "uvicorn"),
        ("sanic_site", "sanic", "sanic"),
        ("uvicorn_site", "django", "django"),
    ):
        cases.append(Traffic(program, way, "http", KIB, 300, needs=needs))
    return cases


OPERATIONS = [
    Operation("call_soon"),
    Operation("call_soon_with_3_arguments"),
    Operation("call_soon_chain"),
    Operation("call_soon_threadsafe"),
    Operation("call_soon_threadsafe_from_another_thread", both_cpus=True),
    *(
        Operation(f"timer_{what}", pending)
        for what in ("set_and_cancelled", "set_and_fired")
        for pending in (10, 10_000, 1_000_000)
    ),
    Operation("sleep_0"),
    Operation("future_wake_up"),
    Operation("create_task_and_await"),
    Operation("gather_of_20000"),
    Operation("run_in_executor", both_cpus=True, primary="wall_ns"),
    Operation("getaddrinfo_of_a_literal", both_cpus=True, primary="wall_ns"),
    Operation("subprocess", both_cpus=True, primary="wall_ns"),
    Operation("loop_made_and_closed", both_cpus=True, primary="wall_ns"),
]

LATENESS = [Lateness(delay_us) for delay_us in (0, 1, 100, 1000, 2500, 5000, 50_000)]

CASES: list[Case] = [
    *echoes(),
    *http(),
    Traffic("asyncio_echo", "protocol", "tcp", 64, reconnect=True),
    *OPERATIONS,
    *LATENESS,
    Import(),
    IdleMemory(),
    Writer(),
    *map(
        TracingCost,
        ("echo_of_1_kib", "call_soon_chain", "sleep_0", "future_wake_up", "timer_set_and_fired"),
    ),
]
