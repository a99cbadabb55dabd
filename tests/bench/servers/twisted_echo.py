"""twisted_echo.py DESCRIPTOR"""

import socket
import sys

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol


class Echo(Protocol):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, data):
        self.transport.write(data)


reactor.adoptStreamPort(int(sys.argv[1]), socket.AF_INET, Factory.forProtocol(Echo))
reactor.run()
