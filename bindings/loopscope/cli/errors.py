"""What the user is told when a command cannot go on."""

from __future__ import annotations

import argparse
from typing import NoReturn


class CommandError(Exception):
    """One sentence: what was wrong, what was expected, what to do."""


class Parser(argparse.ArgumentParser):
    """Says one sentence where argparse prints its usage as well."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` shows what there is\n")
