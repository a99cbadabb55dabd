"""The parser of the command line."""

from __future__ import annotations

import argparse
from typing import IO, NoReturn

from loopscope.cli.errors import printable, tell
from loopscope.cli.output import writing_to_stdout


class Parser(argparse.ArgumentParser):
    """Says one sentence where argparse prints its usage as well."""

    def error(self, message: str) -> NoReturn:
        tell(f"{self.prog}: {printable(message)}; `{self.prog} --help` shows what there is")
        raise SystemExit(2)

    def _print_message(self, message: str, file: IO[str] | None = None) -> None:
        # Help and version. argparse lets pass in silence what cannot be written, from Python 3.12 on.
        with writing_to_stdout() as out:
            out.write(message)
