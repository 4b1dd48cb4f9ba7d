"""What is wrong with a command line, in one sentence that names the command's own help.

argparse says it in eight lines, of the top of all commands."""

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from api.cli.console import error
from api.errors import USAGE

_CHOICE = re.compile(r"argument (.+?): invalid choice: '(.*?)' \(choose from (.*)\)", re.DOTALL)
_VALUE = re.compile(r"argument (.+?): invalid (\S+) value: '(.*)'", re.DOTALL)
_MISSING = re.compile(r"the following arguments are required: (.*)")
_KINDS = {"int": "a whole number", "float": "a number", "_speed": "a number up to 1000", "_pace": "a pace"}


class Parser(argparse.ArgumentParser):
    """One parser, and by argparse's rule each one below it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The same, but what a command does not know is refused by itself, not by the top of all."""
        found, rest = super().parse_known_args(args, namespace)
        if rest and self._subparsers is None:
            self.error(f"unrecognised: {rest[0]}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        error(f"{self._sentence(message)}: `{self.prog} --help` says what there is.", "usage", "--json" in sys.argv)
        raise SystemExit(USAGE)

    def _sentence(self, message: str) -> str:
        if found := _CHOICE.fullmatch(message):
            names = re.findall(r"[\w.:-]+", found[3])
            close = difflib.get_close_matches(found[2], self._shown(names), n=1)
            there = f"; the nearest is {close[0]}" if close else ""
            return f"{found[1]}: there is no {found[2][:60]!r}{there}"
        if found := _VALUE.fullmatch(message):
            return f"{found[1]}: {found[3][:60]!r} is not {_KINDS.get(found[2], 'what it takes')}"
        if found := _MISSING.fullmatch(message):
            return f"{self.prog} needs {found[1]}"
        if message.startswith("unrecognised: "):
            name = message.removeprefix("unrecognised: ")
            close = difflib.get_close_matches(name.partition("=")[0], self._options(), n=1)
            return f"{self.prog} does not know {name[:60]!r}" + (f"; the nearest is {close[0]}" if close else "")
        return message.rstrip(".")

    def _options(self) -> Sequence[str]:
        return [name for action in self._actions for name in action.option_strings if action.help != argparse.SUPPRESS]

    def _shown(self, names: Sequence[str]) -> Sequence[str]:
        return [name for name in names if name != "demo-switch"]
