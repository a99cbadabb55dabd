"""The parser of the command line."""

from __future__ import annotations

import argparse
from typing import IO, NoReturn

from loopscope.cli.errors import printable, tell
from loopscope.cli.output import writing_to_stdout


class Parser(argparse.ArgumentParser):
    """Prints one sentence on errors. argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        tell(f"{self.prog}: {printable(message)}; `{self.prog} --help` shows what there is")
        raise SystemExit(2)

    def _print_message(self, message: str, file: IO[str] | None = None) -> None:
        # For help and version. From Python 3.12 on argparse ignores errors when it writes them.
        with writing_to_stdout() as out:
            out.write(message)
