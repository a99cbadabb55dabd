"""A protocol whose methods raise: the connection ends, the loop goes on, the report names the method."""

from __future__ import annotations

import pytest
from tcp import Recorder, connected, until


def broken(method):
    class Broken(Recorder):
        pass

    def fail(self, *args):
        getattr(Recorder, method)(self, *args)
        raise ZeroDivisionError(method)

    setattr(Broken, method, fail)
    return Broken


def run(loop, scenario, *factories):
    async def main():
        async with connected(*factories) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


@pytest.mark.parametrize("method", ["data_received", "eof_received"])
def test_an_error_while_reading_ends_the_connection(loop, errors, method):
    async def scenario(remote, client):
        client.transport.write(b"x")
        client.transport.write_eof()
        assert isinstance(await remote.lost, ZeroDivisionError)
        await client.lost

    run(loop, scenario, broken(method))
    (report,) = errors
    assert report["message"] == f"Fatal error: protocol.{method}() call failed."
    assert isinstance(report["exception"], ZeroDivisionError)
    assert isinstance(report["protocol"], Recorder)
    assert report["transport"] is report["protocol"].transport


def test_an_error_in_connection_made_is_reported_and_the_connection_stays(loop, errors):
    async def scenario(remote, client):
        client.transport.write(b"x")
        await until(lambda: remote.received == b"x")

    run(loop, scenario, broken("connection_made"))
    assert isinstance(errors[0]["exception"], ZeroDivisionError)


def test_an_error_in_connection_lost_is_reported(loop, errors):
    async def scenario(remote, client):
        client.transport.close()
        await remote.lost
        await client.lost

    run(loop, scenario, broken("connection_lost"))
    assert isinstance(errors[0]["exception"], ZeroDivisionError)


@pytest.mark.parametrize("method", ["pause_writing", "resume_writing"])
def test_an_error_while_pausing_is_reported_and_the_data_still_arrives(loop, errors, method):
    async def scenario(remote, client):
        client.transport.write(b"x" * (8 << 20))
        await until(lambda: len(remote.received) == 8 << 20)

    run(loop, scenario, Recorder, broken(method))
    assert errors[0]["message"] == f"protocol.{method}() failed"
    assert isinstance(errors[0]["exception"], ZeroDivisionError)


def test_the_other_connections_of_the_server_are_not_disturbed(loop, errors):
    async def main():
        async with connected(broken("data_received")) as (bad, bad_client):
            async with connected() as (good, good_client):
                bad_client.transport.write(b"x")
                await bad.lost
                good_client.transport.write(b"fine")
                await until(lambda: good.received == b"fine")

    loop.run_until_complete(main())
    assert len(errors) == 1


def test_a_protocol_without_the_method_is_reported(loop, errors):
    class Half:
        transport = None

        def connection_made(self, transport):
            self.transport = transport

        def connection_lost(self, error):
            self.lost = error

    async def scenario(remote, client):
        client.transport.write(b"x")
        await until(lambda: hasattr(remote, "lost"))
        assert isinstance(remote.lost, AttributeError)

    run(loop, scenario, Half)
    assert isinstance(errors[0]["exception"], AttributeError)


async def close_with_data_queued(remote, client):
    """connection_lost() then comes from the write that drains the queue, not from the ready queue."""
    remote.transport.pause_reading()
    client.transport.write(bytes(8 << 20))
    assert client.transport.get_write_buffer_size() > 0
    client.transport.close()
    remote.transport.resume_reading()
    await client.lost


def test_an_error_in_connection_lost_after_a_drained_close_is_reported(loop, errors):
    run(loop, close_with_data_queued, Recorder, broken("connection_lost"))
    assert [type(report["exception"]) for report in errors] == [ZeroDivisionError]


def test_an_exit_in_connection_lost_after_a_drained_close_leaves_the_loop(loop, errors):
    class Leaving(Recorder):
        def connection_lost(self, error):
            super().connection_lost(error)
            raise SystemExit(3)

    with pytest.raises(SystemExit) as leaving:
        run(loop, close_with_data_queued, Recorder, Leaving)
    assert leaving.value.code == 3
