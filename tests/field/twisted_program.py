"""Tests one ability of twisted, on the asyncio reactor with the loop under test.

python3 twisted_program.py MODULE FACTORY ABILITY FOLDER

Each needs a process of its own, because a process has one reactor. Prints "done" if all went well.
"""

import hashlib
import importlib
import os
import sys

from twisted.internet import asyncioreactor

asyncioreactor.install(getattr(importlib.import_module(sys.argv[1]), sys.argv[2])())

from twisted.internet import defer, endpoints, error, protocol  # noqa: E402
from twisted.internet import reactor, ssl, task, threads  # noqa: E402
from twisted.python import threadable  # noqa: E402

SIZE = 50 << 20


class Swallow(protocol.Protocol):
    """Receives 50 MB, and answers with their checksum and 50 MB of its own, as fast as the transport takes them."""

    def connectionMade(self):
        self.digest, self.left = hashlib.sha256(), SIZE

    def dataReceived(self, data):
        self.digest.update(data)
        self.left -= len(data)
        if self.left == 0:
            self.transport.write(self.digest.digest())
            Produce(self.transport)


class Produce:
    """A pull producer: resumed whenever the transport has room."""

    def __init__(self, transport):
        self.transport, self.number = transport, 0
        self.digest = hashlib.sha256()
        transport.registerProducer(self, False)

    def resumeProducing(self):
        piece = self.number.to_bytes(8, "big") * 8192
        self.number += 1
        self.digest.update(piece)
        self.transport.write(piece)
        if self.number * len(piece) >= SIZE:
            self.transport.unregisterProducer()

    def stopProducing(self):
        pass


class Transfer(protocol.Protocol):
    def __init__(self):
        self.received, self.count, self.answer = hashlib.sha256(), 0, b""
        self.done = defer.Deferred()

    def connectionMade(self):
        self.produced = Produce(self.transport)

    def dataReceived(self, data):
        take = min(32 - len(self.answer), len(data))
        self.answer, data = self.answer + data[:take], data[take:]
        self.received.update(data)
        self.count += len(data)
        if self.count >= SIZE:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        assert self.answer == self.produced.digest.digest()
        assert self.received.digest() == self.produced.digest.digest()  # both sides send the same
        self.done.callback(reason.check(error.ConnectionDone))


async def transfer(server, client):
    port = await server.listen(protocol.Factory.forProtocol(Swallow))
    talking = await endpoints.connectProtocol(client(port.getHost()), Transfer())
    assert await talking.done is error.ConnectionDone
    await port.stopListening()


async def tcp():
    await transfer(
        endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"),
        lambda host: endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", host.port),
    )


async def unix():
    await transfer(
        endpoints.UNIXServerEndpoint(reactor, sys.argv[4] + "/socket"),
        lambda host: endpoints.UNIXClientEndpoint(reactor, host.name),
    )


async def tls():
    certificate, key = sys.argv[4] + "/certificate.pem", sys.argv[4] + "/key.pem"
    with open(certificate) as file:
        trusted = ssl.Certificate.loadPEM(file.read())
    options = ssl.optionsForClientTLS("localhost", trustRoot=trusted)
    await transfer(
        endpoints.SSL4ServerEndpoint(
            reactor, 0, ssl.DefaultOpenSSLContextFactory(key, certificate), interface="127.0.0.1"
        ),
        lambda host: endpoints.wrapClientTLS(
            options, endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", host.port)
        ),
    )


async def crowd():
    """Greets 200 connections as soon as all of them are there."""
    there = []

    class Wait(protocol.Protocol):
        def connectionMade(self):
            there.append(self)
            if len(there) == 200:
                for each in there:
                    each.transport.write(b"hello")
                    each.transport.loseConnection()

    class Hear(protocol.Protocol):
        def __init__(self):
            self.heard, self.done = b"", defer.Deferred()

        def dataReceived(self, data):
            self.heard += data

        def connectionLost(self, reason):
            self.done.callback(self.heard)

    server = endpoints.TCP4ServerEndpoint(reactor, 0, backlog=200, interface="127.0.0.1")
    port = await server.listen(protocol.Factory.forProtocol(Wait))
    client = endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    connecting = [endpoints.connectProtocol(client, Hear()) for _ in range(200)]
    connected = await defer.gatherResults(connecting)
    assert await defer.gatherResults([each.done for each in connected]) == [b"hello"] * 200
    await port.stopListening()


async def process():
    class Child(protocol.ProcessProtocol):
        def __init__(self):
            self.out, self.ended = b"", defer.Deferred()

        def connectionMade(self):
            self.transport.write(b"x" * 1_000_000)
            self.transport.closeStdin()

        def outReceived(self, data):
            self.out += data

        def processEnded(self, reason):
            self.ended.callback(reason.value.exitCode)

    script = "cat; exec >&-; sleep 0.1; exit 7"  # ends when nothing but SIGCHLD tells of it
    for _ in range(3):
        child = Child()
        reactor.spawnProcess(child, "/bin/sh", ["sh", "-c", script], env=os.environ)
        assert await child.ended == 7
        assert child.out == b"x" * 1_000_000


async def udp():
    class Echo(protocol.DatagramProtocol):
        def datagramReceived(self, datagram, address):
            self.transport.write(datagram, address)

    class Client(protocol.DatagramProtocol):
        def __init__(self):
            self.heard, self.done = [], defer.Deferred()

        def datagramReceived(self, datagram, address):
            self.heard.append(datagram)
            if len(self.heard) == 100:
                self.done.callback(self.heard)
            else:
                self.transport.write(b"%d" % len(self.heard))

    server = reactor.listenUDP(0, Echo(), interface="127.0.0.1")
    client = Client()
    port = reactor.listenUDP(0, client, interface="127.0.0.1")
    client.transport.connect("127.0.0.1", server.getHost().port)
    client.transport.write(b"0")
    assert await client.done == [b"%d" % number for number in range(100)]
    await defer.gatherResults([port.stopListening(), server.stopListening()])


async def timers_and_threads():
    beats, done = [], defer.Deferred()

    def beat():
        beats.append(reactor.seconds())
        if len(beats) == 10:
            loop.stop()
            done.callback(None)

    loop = task.LoopingCall(beat)
    loop.start(0.01)
    assert await threads.deferToThread(threadable.isInIOThread) is False
    assert await threads.deferToThread(
        threads.blockingCallFromThread, reactor, threadable.isInIOThread
    )
    await done
    assert beats == sorted(beats)
    cancelled = reactor.callLater(0, done.callback, "called twice")
    cancelled.cancel()
    moved = defer.Deferred()
    reactor.callLater(60, moved.callback, None).reset(0.01)
    await moved


def main():
    async def run():
        await globals()[sys.argv[3]]()
        print("done", flush=True)

    def end(result):
        if result is not None:
            result.printTraceback(sys.stderr)
        reactor.stop()

    reactor.callWhenRunning(lambda: defer.ensureDeferred(run()).addBoth(end))
    reactor.run()


main()
