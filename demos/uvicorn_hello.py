"""Where to look: the callback table while `wrk -c 100 http://127.0.0.1:8000/` runs.

A plain ASGI application under uvicorn, which would use uvloop if it could: `uvicorn_hello.py [PORT]`.
"""

import sys

import uvicorn

BODY = b"Hello, world!\n"


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    port = int(sys.argv[1]) if sys.argv[1:] else 8000
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")
