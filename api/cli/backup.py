"""`harmony backup | restore`: everything of an installation into one file, and back."""

import argparse
from pathlib import Path

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

    with site() as here:
        done = write(here, args.file)
    if args.json:
        emit(msgspec.to_builtins(done))
        return OK
    say(f"{done.events} events, {done.tables} tables and {_files(done.files)} are in {harmless(args.file)}.")
    say(f"SHA-256 {done.sha256}")
    note("It holds the secrets of this installation: keep it where only you can read it.")
    return OK


def restore(args: argparse.Namespace) -> int:
    from api.operations.backup import check
    from api.operations.backup import restore as bring
    from api.site import database
    from core.settings import load

    if args.check:
        done = check(args.file)
    else:
        with database(load()) as here:
            done = bring(here, args.file)
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


def _files(names: list[str]) -> str:
    return ", ".join(names) if names else "no file"
