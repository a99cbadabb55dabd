"""Small programs, each with its story: what the trace must say of it, line by line, is what its docstring says.

A program is a function of the loop. story.py has the language; tell.py runs one; test_stories.py compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Script = Callable[[Any], None]


def since(version: tuple[int, int], what: str) -> Callable[[Script], Script]:
    """Of something that older Pythons do not have."""

    def mark(script: Script) -> Script:
        script.since = (version, what)  # type: ignore[attr-defined]
        return script

    return mark


def in_any_poll(script: Script) -> Script:
    """Its events come from threads, children or the network: together or one by one. The story has no polls and no
    phases, but the same order."""
    script.in_any_poll = True  # type: ignore[attr-defined]
    return script


def in_any_record(script: Script) -> Script:
    """Over TLS: the story has the user's own callbacks, not those of the protocol between them and the socket; and of
    bytes that some went, not how many."""
    script.in_any_record = True  # type: ignore[attr-defined]
    return in_any_poll(script)
