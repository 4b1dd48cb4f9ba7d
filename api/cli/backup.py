"""`harmony backup | restore`: everything of an installation into one file, and back."""

import argparse
import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import msgspec

from api.cli.console import emit, json_option, note, say
from api.errors import OK
from api.words.text import harmless


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("backup", help="write everything of this installation into one file, while it runs")
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not be there yet")
    json_option(parser)
    parser.set_defaults(run=backup)

    parser = commands.add_parser("restore", help="bring a backup into an empty database and data directory")
    parser.add_argument("file", type=Path, metavar="FILE", help="what `harmony backup` wrote")
    parser.add_argument("--check", action="store_true", help="prove the file, and restore nothing")
    json_option(parser)
    parser.set_defaults(run=restore)


def backup(args: argparse.Namespace) -> int:
    from api.operations.backup import backup as write
    from api.site import site

    with site() as here, _stoppable() as go_on:
        done = write(here, args.file, go_on=go_on)
    if args.json:
        emit(msgspec.to_builtins(done))
        return OK
    say(f"{done.events} events, {done.tables} tables and {_files(done.files)} are in {harmless(args.file)}.")
    say(f"SHA-256 {done.sha256}")
    note("It holds the secrets of this installation: keep it where only you can read it.")
    return OK


def restore(args: argparse.Namespace) -> int:
    from api.operations.backup import check
    from api.operations.restore import restore as bring
    from core.settings import load

    if args.check:
        done = check(args.file)
    else:
        with _stoppable() as go_on:
            done = bring(load(), args.file, go_on=go_on)
    if args.json:
        emit(msgspec.to_builtins(done))
        return OK
    if args.check:
        say(f"The backup of {done.made_at} is sound: {done.tables} tables and {_files(done.files)}.")
    else:
        say(f"The backup of {done.made_at} is restored: {done.events} events, {_files(done.files)}.")
    say(f"SHA-256 {done.sha256}")
    if done.applied:
        note(f"The tables were brought to this version ({len(done.applied)} migrations).")
    for name in done.without_password:
        note(f"The analyst {name} has no password here: remove it and add it again.")
    return OK


@contextlib.contextmanager
def _stoppable() -> Iterator[Callable[[], None]]:
    """What raises once SIGTERM, SIGHUP or SIGINT came: the work asks it where all can be taken back.

    An exception out of the signal's handler could come anywhere, in the middle of taking back, too.
    """
    from core.backup import BackupError

    came: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        came.append(number)

    def go_on() -> None:
        if came:
            raise BackupError(f"Stopped by {signal.Signals(came[0]).name}: nothing of it is left.")

    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    previous = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield go_on
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _files(names: list[str]) -> str:
    return ", ".join(names) if names else "no file"
