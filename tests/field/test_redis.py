"""redis-py's asyncio side against a real Redis."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from field_loops import CROWD, Cargo

pytest.importorskip("redis.asyncio", reason="python3-redis is not installed")
import redis.asyncio as redis  # noqa: E402
from programs import PATIENCE_S  # noqa: E402


@pytest.fixture(params=["tcp", "socket", "tls"])
def connect(request, redis_server, certificates):
    """Makes a client for each way to reach the server."""

    def make(**options) -> redis.Redis:
        if request.param == "socket":
            return redis.Redis(unix_socket_path=str(redis_server.path), **options)
        if request.param == "tcp":
            return redis.Redis(port=redis_server.port, **options)
        tls = {"ssl": True, "ssl_ca_certs": str(certificates.certificate)}
        return redis.Redis(port=redis_server.tls_port, **tls, **options)

    return make


def test_what_is_set_can_be_got(on_the_loop, connect):
    async def main():
        async with connect() as client:
            await client.flushdb()
            assert await client.set("key", "value") is True
            assert await client.get("key") == b"value"
            assert await client.get("nothing") is None
            with pytest.raises(redis.ResponseError):
                await client.incr("key")
            async with client.pipeline(transaction=True) as pipeline:
                for number in range(1000):
                    pipeline.rpush("list", number)
                assert await pipeline.execute() == list(range(1, 1001))
            assert [int(item) for item in await client.lrange("list", 0, -1)] == list(range(1000))
            assert {key async for key in client.scan_iter()} == {b"key", b"list"}

    on_the_loop(main())


def test_50_mb_go_up_and_come_down(on_the_loop, connect):
    async def main():
        up, down = Cargo(), hashlib.sha256()
        async with connect() as client:
            await client.flushdb()
            for piece in up.pieces(1 << 20):
                await client.rpush("cargo", piece)
            while (piece := await client.lpop("cargo")) is not None:
                down.update(piece)
            assert down.hexdigest() == up.checksum

    on_the_loop(main())


def test_what_is_published_is_heard(on_the_loop, connect):
    async def main():
        async with connect() as speaker, connect() as listener, listener.pubsub() as channel:
            await channel.subscribe("news")
            assert (await channel.get_message(timeout=PATIENCE_S))["type"] == "subscribe"
            for number in range(100):
                assert await speaker.publish("news", number) == 1
            heard = [
                int((await channel.get_message(timeout=PATIENCE_S))["data"]) for _ in range(100)
            ]
            assert heard == list(range(100))
            assert await channel.get_message(timeout=0.05) is None

    on_the_loop(main())


def test_a_blocking_pop_is_fed_by_another_client(on_the_loop, connect):
    async def main():
        async with connect() as taker, connect() as giver:
            await giver.flushdb()
            taking = asyncio.create_task(taker.blpop("queue", timeout=PATIENCE_S))
            await asyncio.sleep(0.05)
            await giver.rpush("queue", "work")
            assert await taking == (b"queue", b"work")

    on_the_loop(main())


def test_200_connections_are_open_at_once(on_the_loop, connect, request):
    # redis-py reads all certificates of the system for each connection with TLS.
    crowd = 20 if "tls" in request.node.callspec.id else CROWD

    async def main():
        async with connect(single_connection_client=False) as client:
            await client.flushdb()
            waiting = [client.blpop(f"queue {n}", timeout=PATIENCE_S) for n in range(crowd)]
            popped = asyncio.gather(*waiting)
            async with connect() as giver:
                while (await giver.info("clients"))["blocked_clients"] < crowd:
                    await asyncio.sleep(0.02)
                for number in range(crowd):
                    await giver.rpush(f"queue {number}", number)
            answers = await popped
            assert [int(value) for _, value in answers] == list(range(crowd))
            await client.connection_pool.disconnect()

    on_the_loop(main())


def test_a_connection_that_was_killed_is_made_anew(on_the_loop, connect):
    async def main():
        async with connect() as victim, connect() as killer:
            number = await victim.client_id()
            await killer.client_kill_filter(_id=number)
            assert await victim.ping()
            assert await victim.client_id() != number

    on_the_loop(main())
