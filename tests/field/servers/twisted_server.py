"""twisted.web on the asyncio reactor, which gets its loop from asyncio's policy and handles SIGTERM itself."""

import asyncio
import sys

from twisted.internet import asyncioreactor

asyncioreactor.install(asyncio.new_event_loop())

from twisted.internet import defer, reactor, task  # noqa: E402
from twisted.web import resource, server  # noqa: E402


class Slow(resource.Resource):
    isLeaf = True
    answered = defer.Deferred()

    def render_GET(self, request):
        print("asked", flush=True)
        task.deferLater(reactor, 0.5, self.answer, request)
        return server.NOT_DONE_YET

    def answer(self, request):
        request.write(b"finished")
        request.finish()
        task.deferLater(reactor, 0.1, self.answered.callback, None)  # it has left by then


def shut_down():
    """The reactor waits for it before it stops."""
    listening.stopListening()
    return Slow.answered


def say(what):
    print(what, flush=True)


listening = reactor.listenTCP(int(sys.argv[1]), server.Site(Slow()), interface="127.0.0.1")
reactor.addSystemEventTrigger("before", "shutdown", shut_down)
reactor.addSystemEventTrigger("after", "shutdown", say, "cleaned up")
reactor.callWhenRunning(say, "listening")
reactor.run()
