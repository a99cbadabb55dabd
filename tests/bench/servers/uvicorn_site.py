"""uvicorn with an ASGI application: uvicorn_site.py LOOP BYTES DESCRIPTOR [django]

The application is a bare one, or Django's.
"""

from __future__ import annotations

import sys

import uvicorn
from bench_server import inherited_socket, serve


def bare_application(body):
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def django_application(body):
    import django
    from django.conf import settings
    from django.core.handlers.asgi import ASGIHandler
    from django.http import HttpResponse
    from django.urls import path

    async def answer(request):
        return HttpResponse(body, headers={"Content-Length": str(len(body))})

    settings.configure(ROOT_URLCONF=(path("", answer),), ALLOWED_HOSTS=["*"], USE_TZ=True)
    django.setup()
    return ASGIHandler()


async def run(size, descriptor, framework=""):
    body = b"x" * int(size)
    application = django_application(body) if framework == "django" else bare_application(body)
    config = uvicorn.Config(
        application, loop="none", lifespan="off", access_log=False, log_level="warning"
    )
    config.backlog = 4096
    await uvicorn.Server(config).serve(sockets=[inherited_socket(descriptor)])


serve(sys.argv[1], lambda: run(*sys.argv[2:]))
