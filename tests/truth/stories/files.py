"""Files that are sent by the kernel, on a socket and on a transport."""

import asyncio
import io
import socket
import tempfile
import time

from stories import in_any_poll


def file_of(size):
    file = tempfile.TemporaryFile()
    file.write(b"x" * size)
    file.seek(0)
    return file


def small_pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return left, right


def the_end_of_a_file_is_found_at_a_second_look(loop):
    """
    created task.1 the_end_of_a_file_is_found_at_a_second_look.main
    run
        poll ready_callbacks the_end_of_a_file_is_found_at_a_second_look.main: 0
        idle 1
            task_step the_end_of_a_file_is_found_at_a_second_look.main (task.1)
                opened watcher.1 _UnixSelectorEventLoop._sock_sendfile_native_impl
        poll forever: 1
            writer _UnixSelectorEventLoop._sock_sendfile_native_impl (watcher.1)
                closed watcher.1
        poll ready_callbacks _UnixSelectorEventLoop._sock_add_cancellation_callback.cb: 0
        idle 2
            future_done _UnixSelectorEventLoop._sock_add_cancellation_callback.cb
            task_step the_end_of_a_file_is_found_at_a_second_look.main (task.1)
                done task.1 the_end_of_a_file_is_found_at_a_second_look.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        await loop.sock_sendfile(left, file_of(100))

    left, right = small_pair()
    loop.run_until_complete(main())


def a_socket_waits_for_room(loop):
    """
    created task.1 a_socket_waits_for_room.main
    run
        poll ready_callbacks a_socket_waits_for_room.main: 0
        idle 1
            task_step a_socket_waits_for_room.main (task.1)
                opened watcher.1 _UnixSelectorEventLoop._sock_sendfile_native_impl
        poll ready_callbacks socket.recv: 0
        idle 1
            soon socket.recv
        poll forever: 1
            writer _UnixSelectorEventLoop._sock_sendfile_native_impl (watcher.1)
                closed watcher.1
        poll ready_callbacks _UnixSelectorEventLoop._sock_add_cancellation_callback.cb: 0
        idle 2
            future_done _UnixSelectorEventLoop._sock_add_cancellation_callback.cb
            task_step a_socket_waits_for_room.main (task.1)
                done task.1 a_socket_waits_for_room.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        loop.call_soon(right.recv, 100_000)
        await loop.sock_sendfile(left, file_of(10_000))

    left, right = small_pair()
    loop.run_until_complete(main())


@in_any_poll
def what_is_no_file_is_read_in_a_thread(loop):
    """
    created task.1 what_is_no_file_is_read_in_a_thread.main
    run
        task_step what_is_no_file_is_read_in_a_thread.main (task.1)
        threadsafe _chain_future._set_state
        future_done _chain_future._call_check_cancel
        task_step what_is_no_file_is_read_in_a_thread.main (task.1)
        threadsafe _chain_future._set_state
        future_done _chain_future._call_check_cancel
        task_step what_is_no_file_is_read_in_a_thread.main (task.1)
            done task.1 what_is_no_file_is_read_in_a_thread.main
        future_done _run_until_complete_cb
    """

    class Slow(io.BytesIO):
        def readinto(self, buffer):
            time.sleep(0.02)  # the loop waits for it
            return super().readinto(buffer)

    async def main():
        await loop.sock_sendfile(left, Slow(b"x" * 100))

    left, right = small_pair()
    loop.run_until_complete(main())


class Sender(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        pass


def a_transport_sends_a_file(loop):
    """
    created task.1 a_transport_sends_a_file.main
    run
        poll ready_callbacks a_transport_sends_a_file.main: 0
        idle 1
            task_step a_transport_sends_a_file.main (task.1)
                opened unix_stream.1 Sender.connection_made
        poll ready_callbacks Sender.connection_made: 0
        idle 2
            connection_made Sender.connection_made (unix_stream.1)
        poll ready_callbacks a_transport_sends_a_file.main: 0
        idle 1
            task_step a_transport_sends_a_file.main (task.1)
                opened watcher.1 _UnixSelectorEventLoop._sock_sendfile_native_impl
        poll forever: 1
            writer _UnixSelectorEventLoop._sock_sendfile_native_impl (watcher.1)
                closed watcher.1
        poll ready_callbacks _UnixSelectorEventLoop._sock_add_cancellation_callback.cb: 0
        idle 2
            future_done _UnixSelectorEventLoop._sock_add_cancellation_callback.cb
            task_step a_transport_sends_a_file.main (task.1)
                done task.1 a_transport_sends_a_file.main
        poll ready_callbacks Sender.connection_lost: 0
        idle 2
            connection_lost Sender.connection_lost (unix_stream.1)
                closed unix_stream.1
            future_done _run_until_complete_cb
        poll stopping: 0
        closing 1
    """

    async def main():
        transport, _ = await loop.connect_accepted_socket(Sender, left)
        await loop.sendfile(transport, file_of(100))
        transport.close()

    left, right = small_pair()
    loop.run_until_complete(main())
