"""Runs the user's program in this process exactly as python itself would.

The program sees the same as under `python3 SCRIPT`, `-m MODULE`, `-c CODE` or `-`: a `__main__` of its own, sys.argv
and sys.path[0]. Tracebacks, exit codes and Ctrl-C show nothing of this package.
"""

from __future__ import annotations

import importlib.machinery
import io
import os
import pkgutil
import runpy
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopscope import python_versions
from loopscope.cli.errors import tell

PACKAGE_DIRECTORY = str(Path(__file__).parent.parent)


def run_script(argv: list[str]) -> None:
    """As `python3 SCRIPT ARGS`. A directory or a zip file with a __main__.py is a script, too, and so is stdin (-)."""
    sys.argv = list(argv)
    if argv[0] == "-":
        run_stdin()
        return
    script = absolute_path(argv[0])
    if pkgutil.get_importer(script) is not None:
        enter_directory(script)
        as_main(lambda: run_main_module("__main__", alter_argv=False))
        return
    code = read_script(script)
    replace_first_path(os.path.dirname(os.path.realpath(script)))
    main = fresh_main()
    loader = importlib.machinery.SourceFileLoader("__main__", script)
    main.__dict__.update(__file__=script, __cached__=None, __loader__=loader)
    as_main(lambda: exec(code(), main.__dict__))


def run_module(argv: list[str]) -> None:
    """As `python3 -m MODULE ARGS`."""
    sys.argv = ["-m", *argv[1:]]
    replace_first_path(os.getcwd())
    fresh_main()
    as_main(lambda: run_main_module(argv[0], alter_argv=True))


def run_code(argv: list[str]) -> None:
    """As `python3 -c CODE ARGS`."""
    sys.argv = ["-c", *argv[1:]]
    text = python_versions.command_text(argv[0])

    def code() -> types.CodeType:
        made: types.CodeType = compile(text, "<string>", "exec", dont_inherit=True)
        python_versions.keep_source(made, text)
        return made

    run_text(code, {})


def run_stdin() -> None:
    """As `python3 - ARGS`, with a stdin that is no terminal."""
    source = sys.stdin.buffer.read() if sys.stdin is not None else b""
    names: dict[str, str | None] = {"__file__": "<stdin>", "__cached__": None}

    def code() -> types.CodeType:
        made: types.CodeType = compile(source, "<stdin>", "exec", dont_inherit=True)
        return made

    run_text(code, names)


def run_text(code: Callable[[], types.CodeType], names: dict[str, str | None]) -> None:
    """Runs a program without a file. Such a program imports what is in the current directory."""
    replace_first_path("")
    main = fresh_main()
    main.__dict__.update(names, __loader__=importlib.machinery.BuiltinImporter)
    as_main(lambda: exec(code(), main.__dict__))


def run_main_module(name: str, alter_argv: bool) -> None:
    # python's own main program calls this for -m, so messages and frames are python's own as well.
    runpy._run_module_as_main(name, alter_argv)  # type: ignore[attr-defined]


def absolute_path(script: str) -> str:
    """The path as python makes it: joined to the current directory, and not normalised."""
    return os.path.join(os.getcwd(), script)


def read_script(script: str) -> Callable[[], types.CodeType]:
    """Opens the script now and compiles it later: a missing file is our error, a syntax error is the program's."""
    try:
        with open(script, "rb") as file:
            source = file.read()  # once: it may be a pipe
    except OSError as error:
        tell(
            f"{sys.executable}: can't open file {script!r}: [Errno {error.errno}] {error.strerror}"
        )
        raise SystemExit(2) from None

    compiled: types.CodeType | None = pkgutil.read_code(io.BytesIO(source))

    def code() -> types.CodeType:
        if compiled is not None:
            return compiled
        made: types.CodeType = compile(source, script, "exec", dont_inherit=True)
        return made

    return code


def enter_directory(directory: str) -> None:
    if not python_versions.isolates_path():
        del sys.path[0]
    sys.path.insert(0, directory)
    fresh_main()


def replace_first_path(directory: str) -> None:
    if not python_versions.isolates_path():
        sys.path[0] = directory


def fresh_main() -> types.ModuleType:
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    if python_versions.MAIN_HAS_ANNOTATIONS:
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
    return main


def as_main(program: Callable[[], Any]) -> None:
    """Passes every exception of the program on to the interpreter, which reports it without our frames."""
    try:
        program()
    except SystemExit:
        raise
    except BaseException:
        # Set only now: the program saw python's own hook, and a hook that it set itself is called.
        sys.excepthook = HookWithoutOurFrames(sys.excepthook)
        raise


class HookWithoutOurFrames:
    """Calls the program's own sys.excepthook, once."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(
        self, kind: type[BaseException], error: BaseException, traceback: types.TracebackType | None
    ) -> None:
        sys.excepthook = self.hook
        stripped = without_our_frames(traceback)
        error.__traceback__ = sys.last_traceback = stripped
        self.hook(kind, error, stripped)


def without_our_frames(traceback: types.TracebackType | None) -> types.TracebackType | None:
    """Drops the outermost frames, down to the last one of this package. Only frames of runpy lie before and between."""
    rest = traceback
    while traceback is not None:
        ours = traceback.tb_frame.f_code.co_filename.startswith(PACKAGE_DIRECTORY)
        if not ours and traceback.tb_frame.f_globals.get("__name__") != "runpy":
            break
        traceback = traceback.tb_next
        if ours:
            rest = traceback
    return rest
