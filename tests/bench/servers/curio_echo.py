"""curio_echo.py DESCRIPTOR"""

import socket
import sys

import curio


async def echo(client, address):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    async with client:
        while data := await client.recv(1 << 18):
            await client.sendall(data)


async def run():
    listener = curio.io.Socket(socket.socket(fileno=int(sys.argv[1])))
    while True:
        await curio.spawn(echo, *await listener.accept(), daemon=True)


curio.run(run)
