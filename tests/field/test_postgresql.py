"""asyncpg and psycopg against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import hashlib
import ssl

import pytest
from field_loops import CROWD, Cargo


@pytest.fixture
def asyncpg():
    return pytest.importorskip("asyncpg", reason="python3-asyncpg is not installed")


@pytest.fixture
def psycopg():
    return pytest.importorskip("psycopg", reason="python3-psycopg is not installed")


@pytest.fixture(params=["socket", "tcp", "tls"])
def address(request, postgresql, certificates):
    """asyncpg's keywords for each way to reach the server."""
    common = {"port": postgresql.port, "user": postgresql.user, "database": "postgres"}
    if request.param == "socket":
        return common | {"host": str(postgresql.folder)}
    tls = certificates.client() if request.param == "tls" else False
    return common | {"host": "127.0.0.1", "ssl": tls}


class TestAsyncpg:
    def test_rows_come_and_go(self, on_the_loop, asyncpg, address):
        async def main():
            connection = await asyncpg.connect(**address)
            encrypted = await connection.fetchval(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )
            assert encrypted == isinstance(address.get("ssl"), ssl.SSLContext)
            async with connection.transaction():
                await connection.execute("CREATE TEMP TABLE thing (id int, name text)")
                await connection.executemany(
                    "INSERT INTO thing VALUES ($1, $2)", [(n, f"name {n}") for n in range(1000)]
                )
                async for row in connection.cursor("SELECT * FROM thing ORDER BY id", prefetch=7):
                    assert row["name"] == f"name {row['id']}"
            assert await connection.fetchval("SELECT sum(id) FROM thing") == 499_500
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.execute("SELECT * FROM nothing")
            await connection.close()

        on_the_loop(main())

    def test_50_mb_go_up_and_come_down(self, on_the_loop, asyncpg, address):
        async def main():
            connection = await asyncpg.connect(**address)
            await connection.execute("CREATE TEMP TABLE cargo (number int, piece bytea)")
            up, down = Cargo(), hashlib.sha256()
            records = list(enumerate(up.pieces(1 << 16)))
            await connection.copy_records_to_table("cargo", records=records)
            query = "SELECT piece FROM cargo ORDER BY number"
            async with connection.transaction():
                async for row in connection.cursor(query, prefetch=20):
                    down.update(row["piece"])
            assert down.hexdigest() == up.checksum
            await connection.close()

        on_the_loop(main())

    def test_a_table_is_copied_out_to_a_coroutine(self, on_the_loop, asyncpg, address):
        async def main():
            connection = await asyncpg.connect(**address)
            received = bytearray()

            async def take(piece):
                await asyncio.sleep(0)
                received.extend(piece)

            await connection.copy_from_query(
                "SELECT n, repeat('x', 50) FROM generate_series(1, 20000) n", output=take
            )
            lines = received.decode().splitlines()
            assert lines == [f"{n}\t{'x' * 50}" for n in range(1, 20_001)]
            await connection.close()

        on_the_loop(main())

    def test_one_connection_notifies_another(self, on_the_loop, asyncpg, address):
        async def main():
            listener, speaker = await asyncio.gather(
                asyncpg.connect(**address), asyncpg.connect(**address)
            )
            heard: asyncio.Queue = asyncio.Queue()
            await listener.add_listener("news", lambda *said: heard.put_nowait(said[2:]))
            for number in range(10):
                await speaker.execute(f"NOTIFY news, '{number}'")
            assert [await heard.get() for _ in range(10)] == [("news", str(n)) for n in range(10)]
            await asyncio.gather(listener.close(), speaker.close())

        on_the_loop(main())

    def test_a_query_is_cancelled_and_the_connection_lives(self, on_the_loop, asyncpg, address):
        async def main():
            connection, observer = await asyncio.gather(
                asyncpg.connect(**address), asyncpg.connect(**address)
            )
            with pytest.raises(asyncio.TimeoutError):
                await connection.fetch("SELECT pg_sleep(60)", timeout=0.2)
            assert await connection.fetchval("SELECT 42") == 42
            sleeping = asyncio.create_task(connection.fetch("SELECT pg_sleep(61)"))
            asleep = "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1"
            while not await observer.fetchval(asleep, connection.get_server_pid()):
                await asyncio.sleep(0.01)
            sleeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sleeping
            assert await connection.fetchval("SELECT 43") == 43
            await asyncio.gather(connection.close(), observer.close())

        on_the_loop(main())

    def test_a_backend_that_is_terminated_is_reported(self, on_the_loop, asyncpg, address):
        async def main():
            victim, killer = await asyncio.gather(
                asyncpg.connect(**address), asyncpg.connect(**address)
            )
            ended = asyncio.Event()
            victim.add_termination_listener(lambda _: ended.set())
            await killer.execute("SELECT pg_terminate_backend($1)", victim.get_server_pid())
            await ended.wait()
            assert victim.is_closed()
            await killer.close()

        on_the_loop(main())

    def test_a_pool_opens_200_connections_at_once(self, on_the_loop, asyncpg, address):
        # PostgreSQL starts a process for each connection. So only one way opens all of them at once, the others a few.
        crowd = CROWD if address.get("ssl") is False else 20

        async def main():
            async with asyncpg.create_pool(**address, min_size=0, max_size=crowd) as pool:
                barrier = asyncio.Barrier(crowd)

                async def ask(number):
                    async with pool.acquire() as connection:
                        await barrier.wait()
                        return await connection.fetchval("SELECT $1::int", number)

                assert await asyncio.gather(*map(ask, range(crowd))) == list(range(crowd))

        on_the_loop(main())


@pytest.fixture(params=["socket", "tcp", "tls"])
def conninfo(request, postgresql, certificates):
    """psycopg's text for each way to reach the server."""
    common = f"port={postgresql.port} user={postgresql.user} dbname=postgres "
    if request.param == "socket":
        return common + f"host={postgresql.folder}"
    if request.param == "tcp":
        return common + "host=127.0.0.1 sslmode=disable"
    return common + f"host=127.0.0.1 sslmode=verify-ca sslrootcert={certificates.certificate}"


class TestPsycopg:
    """psycopg lets libpq talk, and waits for its descriptor with add_reader() and add_writer()."""

    def test_rows_come_and_go(self, on_the_loop, psycopg, conninfo):
        async def main():
            async with await psycopg.AsyncConnection.connect(conninfo) as connection:
                async with connection.cursor() as cursor:
                    await cursor.execute("CREATE TEMP TABLE thing (id int, name text)")
                    await cursor.executemany(
                        "INSERT INTO thing VALUES (%s, %s)", [(n, f"name {n}") for n in range(500)]
                    )
                    await cursor.execute("SELECT * FROM thing ORDER BY id")
                    assert [row async for row in cursor] == [(n, f"name {n}") for n in range(500)]
                    with pytest.raises(psycopg.errors.UndefinedTable):
                        await cursor.execute("SELECT * FROM nothing")

        on_the_loop(main())

    def test_50_mb_go_up_and_come_down(self, on_the_loop, psycopg, conninfo):
        async def main():
            async with await psycopg.AsyncConnection.connect(conninfo) as connection:
                await connection.execute("CREATE TEMP TABLE cargo (number int, piece bytea)")
                cursor = connection.cursor()
                up, down = Cargo(), hashlib.sha256()
                async with cursor.copy("COPY cargo FROM STDIN (FORMAT BINARY)") as copy:
                    copy.set_types(["int4", "bytea"])
                    for row in enumerate(up.pieces(1 << 18)):
                        await copy.write_row(row)
                query = "COPY (SELECT piece FROM cargo ORDER BY number) TO STDOUT (FORMAT BINARY)"
                async with cursor.copy(query) as copy:
                    copy.set_types(["bytea"])
                    async for (piece,) in copy.rows():
                        down.update(piece)
                assert down.hexdigest() == up.checksum

        on_the_loop(main())

    def test_one_connection_notifies_another(self, on_the_loop, psycopg, conninfo):
        async def main():
            connect = psycopg.AsyncConnection.connect
            listener, speaker = await asyncio.gather(
                connect(conninfo, autocommit=True), connect(conninfo, autocommit=True)
            )
            async with listener, speaker:
                await listener.execute("LISTEN news")
                await asyncio.gather(
                    *(speaker.execute("SELECT pg_notify('news', %s)", (str(n),)) for n in range(10))
                )
                heard = []
                async for said in listener.notifies():
                    heard.append(said.payload)
                    if len(heard) == 10:
                        break
                assert sorted(heard) == [str(n) for n in range(10)]

        on_the_loop(main())

    def test_a_query_is_cancelled_and_the_connection_lives(self, on_the_loop, psycopg, conninfo):
        async def main():
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            async with connection:
                sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
                await asyncio.sleep(0.2)
                connection.cancel()
                with pytest.raises(psycopg.errors.QueryCanceled):
                    await sleeping
                cursor = await connection.execute("SELECT 42")
                assert await cursor.fetchone() == (42,)

        on_the_loop(main())

    def test_20_connections_are_open_at_once(self, on_the_loop, psycopg, conninfo):
        async def main():
            barrier = asyncio.Barrier(20)

            async def ask(number):
                async with await psycopg.AsyncConnection.connect(conninfo) as connection:
                    await barrier.wait()
                    cursor = await connection.execute("SELECT %s::int", (number,))
                    return await cursor.fetchone()

            answers = await asyncio.gather(*map(ask, range(20)))
            assert answers == [(number,) for number in range(20)]

        on_the_loop(main())
