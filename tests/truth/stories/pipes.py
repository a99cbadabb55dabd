"""Pipes and child processes."""

import asyncio
import os

from stories import in_any_poll


class Reading(asyncio.Protocol):
    def connection_made(self, transport):
        pass

    def data_received(self, data):
        pass

    def eof_received(self):
        pass

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def a_pipe_is_read(loop):
    """
    created task.1 BaseEventLoop.connect_read_pipe
    run
        poll ready_callbacks BaseEventLoop.connect_read_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_read_pipe (task.1)
                opened pipe.1 Reading.connection_made
        poll ready_callbacks Reading.connection_made: 0
        idle 3
            connection_made Reading.connection_made (pipe.1)
            soon LoopBase._add_reader
            soon _set_result_unless_cancelled
        poll ready_callbacks BaseEventLoop.connect_read_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_read_pipe (task.1)
                done task.1 BaseEventLoop.connect_read_pipe
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll ready_callbacks close: 1
        idle 2
            soon close
            read 5 (pipe.1)
            data_received Reading.data_received (pipe.1)
        poll forever: 1
            read 0 (pipe.1)
        poll ready_callbacks Reading.eof_received: 0
        idle 2
            eof_received Reading.eof_received (pipe.1)
            connection_lost Reading.connection_lost (pipe.1)
                closed pipe.1
        poll stopping: 0
    """
    reading, writing = os.pipe()
    loop.run_until_complete(loop.connect_read_pipe(Reading, os.fdopen(reading, "rb")))
    os.write(writing, b"hello")
    loop.call_soon(os.close, writing)
    loop.run_forever()


class Writing(asyncio.BaseProtocol):
    """Writes more than the pipe takes; reads the other end when it is told to pause."""

    def __init__(self, reading):
        self.reading = reading

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(0)
        transport.write(b"x" * 100_000)

    def pause_writing(self):
        os.read(self.reading, 100_000)

    def resume_writing(self):
        self.transport.close()

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def a_pipe_is_written(loop):
    """
    created task.1 BaseEventLoop.connect_write_pipe
    run
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_write_pipe (task.1)
                opened pipe.1 Writing.connection_made
        poll ready_callbacks Writing.connection_made: 0
        idle 3
            connection_made Writing.connection_made (pipe.1)
                wrote 65536 (pipe.1)
                pause_writing Writing.pause_writing (pipe.1)
            soon LoopBase._add_reader
            soon _set_result_unless_cancelled
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 1
        idle 2
            task_step BaseEventLoop.connect_write_pipe (task.1)
                done task.1 BaseEventLoop.connect_write_pipe
            wrote 34464 (pipe.1)
            resume_writing Writing.resume_writing (pipe.1)
            connection_lost Writing.connection_lost (pipe.1)
                closed pipe.1
        poll stopping: 0
    """
    reading, writing = os.pipe()
    pipe = os.fdopen(writing, "wb", 0)
    loop.create_task(loop.connect_write_pipe(lambda: Writing(reading), pipe))
    loop.run_forever()


class Closing(Writing):
    """Closes while bytes wait to be written."""

    def connection_made(self, transport):
        transport.write(b"x" * 100_000)
        transport.close()
        os.read(self.reading, 100_000)


def what_is_written_is_sent_before_the_end(loop):
    """
    created task.1 BaseEventLoop.connect_write_pipe
    run
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_write_pipe (task.1)
                opened pipe.1 Closing.connection_made
        poll ready_callbacks Closing.connection_made: 0
        idle 3
            connection_made Closing.connection_made (pipe.1)
                wrote 65536 (pipe.1)
            soon LoopBase._add_reader
            soon _set_result_unless_cancelled
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 1
        idle 2
            task_step BaseEventLoop.connect_write_pipe (task.1)
                done task.1 BaseEventLoop.connect_write_pipe
            wrote 34464 (pipe.1)
            connection_lost Writing.connection_lost (pipe.1)
                closed pipe.1
        poll stopping: 0
    """
    reading, writing = os.pipe()
    pipe = os.fdopen(writing, "wb", 0)
    loop.create_task(loop.connect_write_pipe(lambda: Closing(reading), pipe))
    loop.run_forever()


class Left(asyncio.BaseProtocol):
    def connection_made(self, transport):
        pass

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def the_reader_of_a_pipe_leaves(loop):
    """
    created task.1 BaseEventLoop.connect_write_pipe
    run
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_write_pipe (task.1)
                opened pipe.1 Left.connection_made
        poll ready_callbacks Left.connection_made: 0
        idle 3
            connection_made Left.connection_made (pipe.1)
            soon LoopBase._add_reader
            soon _set_result_unless_cancelled
        poll ready_callbacks BaseEventLoop.connect_write_pipe: 0
        idle 1
            task_step BaseEventLoop.connect_write_pipe (task.1)
                done task.1 BaseEventLoop.connect_write_pipe
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
        poll ready_callbacks Left.connection_lost: 0
        idle 1
            connection_lost Left.connection_lost (pipe.1)
                closed pipe.1
        poll stopping: 0
    """
    reading, writing = os.pipe()
    loop.run_until_complete(loop.connect_write_pipe(Left, os.fdopen(writing, "wb", 0)))
    os.close(reading)
    loop.run_forever()


class Child(asyncio.SubprocessProtocol):
    """Lets the child go once it has closed its output."""

    def connection_made(self, transport):
        self.stdin = transport.get_pipe_transport(0)
        self.stdin.write(b"hello\n")

    def pipe_data_received(self, fd, data):
        pass

    def pipe_connection_lost(self, fd, error):
        if fd == 1:
            self.stdin.close()

    def process_exited(self):
        pass

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


@in_any_poll
def a_child(loop):
    """
    created task.1 BaseEventLoop.subprocess_shell
    run
        task_step BaseEventLoop.subprocess_shell (task.1)
            created task.2 BaseSubprocessTransport._connect_pipes
            opened process.1 PidfdChildWatcher._do_wait
        task_step BaseSubprocessTransport._connect_pipes (task.2)
            opened pipe.1 WriteSubprocessPipeProto.connection_made
        connection_made WriteSubprocessPipeProto.connection_made (pipe.1)
        soon LoopBase._add_reader
        soon _set_result_unless_cancelled
        task_step BaseSubprocessTransport._connect_pipes (task.2)
            opened pipe.2 WriteSubprocessPipeProto.connection_made
        connection_made WriteSubprocessPipeProto.connection_made (pipe.2)
        soon LoopBase._add_reader
        soon _set_result_unless_cancelled
        task_step BaseSubprocessTransport._connect_pipes (task.2)
            done task.2 BaseSubprocessTransport._connect_pipes
        connection_made Child.connection_made
            wrote 6 (pipe.1)
        task_step BaseEventLoop.subprocess_shell (task.1)
            done task.1 BaseEventLoop.subprocess_shell
        read 6 (pipe.2)
        data_received ReadSubprocessPipeProto.data_received (pipe.2)
        soon Child.pipe_data_received
        read 0 (pipe.2)
        eof_received Protocol.eof_received (pipe.2)
        connection_lost WriteSubprocessPipeProto.connection_lost (pipe.2)
            closed pipe.2
        soon Child.pipe_connection_lost
        connection_lost WriteSubprocessPipeProto.connection_lost (pipe.1)
            closed pipe.1
        soon Child.pipe_connection_lost
        internal PidfdChildWatcher._do_wait (process.1)
            closed process.1
        threadsafe LoopBase.call_soon
        soon BaseSubprocessTransport._process_exited
        soon Child.process_exited
        connection_lost Child.connection_lost
    """
    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
    asyncio.set_event_loop(loop)
    asyncio.get_child_watcher().attach_loop(loop)
    program = "read line; echo $line; exec >&-; read line"
    loop.create_task(loop.subprocess_shell(Child, program, stderr=None))
    loop.run_forever()
