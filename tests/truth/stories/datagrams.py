"""Datagram endpoints over UDP."""

import asyncio
import socket

LOCAL = ("127.0.0.1", 0)


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)
        self.transport.close()

    def error_received(self, error):
        self.transport.abort()

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def endpoint(loop, *arguments, **keywords):
    made = loop.create_datagram_endpoint(Echo, *arguments, **keywords)
    return loop.run_until_complete(made)[0]


def a_datagram_is_answered(loop):
    """
    created task.1 BaseEventLoop.create_datagram_endpoint
    run
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                opened udp.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (udp.1)
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                done task.1 BaseEventLoop.create_datagram_endpoint
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
            read 5 (udp.1)
            datagram_received Echo.datagram_received (udp.1)
                wrote 5 (udp.1)
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (udp.1)
                closed udp.1
        poll stopping: 0
        closing 1
    """
    transport = endpoint(loop, LOCAL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"hello", transport.get_extra_info("sockname"))
        loop.run_forever()


def an_empty_datagram_is_received(loop):
    """
    created task.1 BaseEventLoop.create_datagram_endpoint
    run
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                opened udp.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (udp.1)
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                done task.1 BaseEventLoop.create_datagram_endpoint
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
            read 0 (udp.1)
            datagram_received Echo.datagram_received (udp.1)
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (udp.1)
                closed udp.1
        poll stopping: 0
        closing 1
    """
    transport = endpoint(loop, LOCAL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"", transport.get_extra_info("sockname"))
        loop.run_forever()


def nobody_is_at_the_port(loop):
    """
    created task.1 BaseEventLoop.create_datagram_endpoint
    run
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                opened udp.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (udp.1)
        poll ready_callbacks BaseEventLoop.create_datagram_endpoint: 0
        idle 1
            task_step BaseEventLoop.create_datagram_endpoint (task.1)
                done task.1 BaseEventLoop.create_datagram_endpoint
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    wrote 5 (udp.1)
    run
        poll forever: 1
            error_received Echo.error_received (udp.1)
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (udp.1)
                closed udp.1
        poll stopping: 0
        closing 1
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(LOCAL)
        address = gone.getsockname()
    transport = endpoint(loop, remote_addr=address)
    transport.sendto(b"hello")
    loop.run_forever()
