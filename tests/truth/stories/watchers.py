"""Descriptors and signals that a program watches itself."""

import os
import signal
import socket
import threading


def add_reader(loop):
    """
    opened watcher.1 add_reader.on_readable
    run
        poll forever: 1
            reader add_reader.on_readable (watcher.1)
                closed watcher.1
        poll stopping: 0
    """

    def on_readable():
        loop.remove_reader(left)
        loop.stop()

    left, right = socket.socketpair()
    loop.add_reader(left, on_readable)
    right.send(b"x")
    loop.run_forever()


def add_writer(loop):
    """
    opened watcher.1 add_writer.on_writable
    run
        poll forever: 1
            writer add_writer.on_writable (watcher.1)
                closed watcher.1
        poll stopping: 0
    """

    def on_writable():
        loop.remove_writer(left)
        loop.stop()

    left, right = socket.socketpair()
    loop.add_writer(left, on_writable)
    loop.run_forever()
    right.close()


def one_descriptor_for_both(loop):
    """
    opened watcher.1 one_descriptor_for_both.on_readable
    run
        poll forever: 1
            reader one_descriptor_for_both.on_readable (watcher.1)
            writer one_descriptor_for_both.on_writable (watcher.1)
                closed watcher.1
        poll stopping: 0
    """

    def on_readable():
        loop.remove_reader(left)

    def on_writable():
        loop.remove_writer(left)
        loop.stop()

    left, right = socket.socketpair()
    loop.add_reader(left, on_readable)
    loop.add_writer(left, on_writable)
    right.send(b"x")
    loop.run_forever()


def a_reader_runs_behind_what_is_queued(loop):
    """
    opened watcher.1 a_reader_runs_behind_what_is_queued.on_readable
    run
        poll ready_callbacks a_reader_runs_behind_what_is_queued.on_soon: 1
        idle 2
            soon a_reader_runs_behind_what_is_queued.on_soon
            reader a_reader_runs_behind_what_is_queued.on_readable (watcher.1)
                closed watcher.1
        poll stopping: 0
    """

    def on_readable():
        loop.remove_reader(left)
        loop.stop()

    def on_soon():
        pass

    left, right = socket.socketpair()
    loop.add_reader(left, on_readable)
    right.send(b"x")
    loop.call_soon(on_soon)
    loop.run_forever()


def a_reader_is_replaced(loop):
    """
    opened watcher.1 a_reader_is_replaced.on_readable
    run
        poll forever: 1
            reader a_reader_is_replaced.on_readable_now (watcher.1)
        poll stopping: 1
    closed watcher.1
    """

    def on_readable():
        raise AssertionError

    def on_readable_now():
        loop.stop()

    left, right = socket.socketpair()
    loop.add_reader(left, on_readable)
    loop.add_reader(left, on_readable_now)
    right.send(b"x")
    loop.run_forever()
    loop.remove_reader(left)


def a_signal(loop):
    """
    run
        poll ready_callbacks kill: 0
        idle 1
            soon kill
        poll forever: 1
            internal BaseSelectorEventLoop._read_from_self (wakeup.1)
        poll ready_callbacks a_signal.on_signal: 0
        idle 1
            signal a_signal.on_signal
        poll stopping: 0
    """

    def on_signal():
        loop.stop()

    loop.add_signal_handler(signal.SIGUSR1, on_signal)
    loop.call_soon(os.kill, os.getpid(), signal.SIGUSR1)
    loop.run_forever()
    loop.remove_signal_handler(signal.SIGUSR1)


def a_signal_wakes_the_poll(loop):
    """
    run
        poll forever: 1
            internal BaseSelectorEventLoop._read_from_self (wakeup.1)
        poll ready_callbacks a_signal_wakes_the_poll.on_signal: 0
        idle 1
            signal a_signal_wakes_the_poll.on_signal
        poll stopping: 0
    """

    def on_signal():
        loop.stop()

    loop.add_signal_handler(signal.SIGUSR1, on_signal)
    threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    loop.run_forever()


def the_loop_is_closed(loop):
    """
    opened watcher.1 the_loop_is_closed.on_readable
    set timer.1 the_loop_is_closed.on_timer
    closed wakeup.1
    closed quiet
    closed watcher.1
    closing 3
    """

    def on_readable():
        raise AssertionError

    def on_timer():
        raise AssertionError

    left, right = socket.socketpair()
    loop.add_reader(left, on_readable)
    loop.call_later(3600, on_timer)
    loop.call_soon(on_timer)
    loop.close()
    right.close()
