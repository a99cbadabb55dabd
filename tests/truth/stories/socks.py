"""Sockets that a program reads and writes itself, with the loop's sock_ methods."""

import asyncio
import socket

from stories import in_any_poll


def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    return left, right


def what_is_there_is_taken_at_once(loop):
    """
    created task.1 what_is_there_is_taken_at_once.main
    run
        poll ready_callbacks what_is_there_is_taken_at_once.main: 0
        idle 1
            task_step what_is_there_is_taken_at_once.main (task.1)
                done task.1 what_is_there_is_taken_at_once.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        left, right = pair()
        await loop.sock_sendall(left, b"hello")
        await loop.sock_recv(right, 100)

    loop.run_until_complete(main())


def a_task_waits_for_input(loop):
    """
    created task.1 a_task_waits_for_input.main
    run
        poll ready_callbacks a_task_waits_for_input.main: 0
        idle 1
            task_step a_task_waits_for_input.main (task.1)
                opened watcher.1 BaseSelectorEventLoop.sock_recv
        poll ready_callbacks socket.send: 0
        idle 1
            soon socket.send
        poll forever: 1
            reader BaseSelectorEventLoop.sock_recv (watcher.1)
        poll ready_callbacks a_task_waits_for_input.main: 0
        idle 1
            task_step a_task_waits_for_input.main (task.1)
                done task.1 a_task_waits_for_input.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    closed watcher.1
    """

    async def main():
        loop.call_soon(right.send, b"hello")
        await loop.sock_recv(left, 100)
        left.close()

    left, right = pair()
    loop.run_until_complete(main())


def a_task_waits_for_room(loop):
    """
    created task.1 a_task_waits_for_room.main
    run
        poll ready_callbacks a_task_waits_for_room.main: 0
        idle 1
            task_step a_task_waits_for_room.main (task.1)
                opened watcher.1 BaseSelectorEventLoop.sock_sendall
        poll ready_callbacks socket.recv: 0
        idle 1
            soon socket.recv
        poll forever: 1
            writer BaseSelectorEventLoop.sock_sendall (watcher.1)
                closed watcher.1
        poll ready_callbacks a_task_waits_for_room.main: 0
        idle 1
            task_step a_task_waits_for_room.main (task.1)
                done task.1 a_task_waits_for_room.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        loop.call_soon(right.recv, 10_000)
        await loop.sock_sendall(left, b"x" * 10_000)

    left, right = pair()
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    loop.run_until_complete(main())


def a_wait_is_cancelled(loop):
    """
    created task.1 a_wait_is_cancelled.main
    run
        poll ready_callbacks a_wait_is_cancelled.main: 0
        idle 1
            task_step a_wait_is_cancelled.main (task.1)
                created task.2 a_wait_is_cancelled.receive
        poll ready_callbacks a_wait_is_cancelled.receive: 0
        idle 2
            task_step a_wait_is_cancelled.receive (task.2)
                opened watcher.1 BaseSelectorEventLoop.sock_recv
            task_step a_wait_is_cancelled.main (task.1)
        poll ready_callbacks a_wait_is_cancelled.receive: 0
        idle 1
            task_step a_wait_is_cancelled.receive (task.2)
                done task.2 a_wait_is_cancelled.receive
        poll ready_callbacks _wait._on_completion: 0
        idle 1
            future_done _wait._on_completion
        poll ready_callbacks a_wait_is_cancelled.main: 0
        idle 1
            task_step a_wait_is_cancelled.main (task.1)
                done task.1 a_wait_is_cancelled.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    closed watcher.1
    """

    async def receive():
        await loop.sock_recv(left, 100)

    async def main():
        task = loop.create_task(receive())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    left, right = pair()
    loop.run_until_complete(main())
    right.close()


@in_any_poll
def connect_and_accept(loop):
    """
    created task.1 connect_and_accept.main
    run
        task_step connect_and_accept.main (task.1)
            created task.2 connect_and_accept.accept
        task_step connect_and_accept.accept (task.2)
            opened watcher.1 BaseSelectorEventLoop.sock_accept
        task_step connect_and_accept.main (task.1)
        reader BaseSelectorEventLoop.sock_accept (watcher.1)
        task_step connect_and_accept.accept (task.2)
            done task.2 connect_and_accept.accept
        task_step connect_and_accept.main (task.1)
            done task.1 connect_and_accept.main
        future_done _run_until_complete_cb
    closed watcher.1
    """

    async def accept():
        await loop.sock_accept(listener)

    async def main():
        task = loop.create_task(accept())
        await asyncio.sleep(0)
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        await task

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    loop.run_until_complete(main())
