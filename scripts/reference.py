"""Write the generated pages of docs/reference from the code itself, or say which of them are out of date.

``python scripts/reference.py`` writes, ``--check`` compares only (exit code 1 when a page differs). The pages are the
command line, the settings, HTTP, events, the tables, errors and the call document. A test compares them.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from reference_errors import errors
from reference_events import events
from reference_http import http
from reference_markdown import one_line, table

TOP = Path(__file__).resolve().parent.parent
REFERENCE = TOP / "docs" / "reference"
sys.path.insert(0, str(TOP))


# The command line


def command_line() -> list[str]:
    """Every command with its arguments, and the exit codes."""
    from api.cli.main import parser

    top = parser()
    lines = ["# Command line", "", one_line(top.description), ""]
    lines += table(
        ["exit code", "means"],
        [
            ("0", "done"),
            ("1", "failed"),
            ("2", "the command or its arguments are wrong"),
            ("3", "done, but something is degraded"),
        ],
    )
    lines += ["", "Errors are one sentence on stderr. Nothing is coloured when the output is a pipe."]
    for words, command, about in _leaves(top, ("harmony",)):
        lines += [
            "",
            f"## {' '.join(words)}",
            "",
            one_line(command.description) or about[:1].upper() + about[1:] + ".",
            "",
        ]
        actions = [action for action in command._actions if action.dest != "help" and action.help != argparse.SUPPRESS]
        lines += ["    " + " ".join([*words, *(_usage(action) for action in actions)])]
        if actions:
            lines += [
                "",
                *table(["argument", "what"], [(f"`{_written(action)}`", one_line(action.help)) for action in actions]),
            ]
        if command.epilog:
            lines += ["", one_line(command.epilog)]
    return lines


def _leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...], about: str = ""
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser, str]]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield words, parser, about
    for group in groups:
        for choice in group._choices_actions:  # commands without help are not for people
            yield from _leaves(group.choices[choice.dest], (*words, choice.dest), choice.help or "")


def _written(action: argparse.Action) -> str:
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}"
        if action.choices
        else action.dest.upper()
        if action.nargs != 0
        else ""
    )
    names = ", ".join(action.option_strings)
    return f"{names} {value}".strip()


def _usage(action: argparse.Action) -> str:
    written = _written(action).split(", ")[-1]
    written += " ..." if action.nargs in ("+", "*") else ""
    optional = (action.option_strings and not action.required) or action.nargs in ("?", "*")
    return f"[{written}]" if optional else written


# Structs: settings and the call document


def fields_of(struct: type[msgspec.Struct]) -> list[tuple[str, str, str, str]]:
    """Name, type, default and description (the string below a field) of each field."""
    described = _attribute_docs(struct)
    rows = []
    for field in msgspec.structs.fields(struct):
        default = "" if field.default is msgspec.NODEFAULT else _value(field.default)
        rows.append((f"`{field.encode_name}`", _type(field.type), default, described.get(field.name, "")))
    return rows


def _value(value: object) -> str:
    return "" if value is None else f"`{msgspec.json.encode(value, enc_hook=str).decode()}`"


def _type(kind: Any) -> str:
    """A type in words: ``text or null``, ``list of Party``, ``one of ...``."""
    if get_origin(kind) is Annotated:
        kind, *limits = get_args(kind)
        return _type(kind) + "".join(f", {_limits(limit)}" for limit in limits)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_type(part) for part in get_args(kind))
    if get_origin(kind) in (list, tuple):
        return f"list of {_type(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return "object"
    words = {str: "text", int: "number", float: "number", bool: "true or false", NoneType: "null", Path: "path"}
    return words.get(kind) or str(getattr(kind, "__name__", kind))


def _limits(meta: Any) -> str:
    parts = [
        f"{words} {value:,}" for words, value in (("at least", meta.ge), ("at most", meta.le)) if value is not None
    ]
    return " and ".join(parts)


def _attribute_docs(struct: type) -> dict[str, str]:
    """The string literals that stand below fields."""
    import ast

    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(struct)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    found: dict[str, str] = {}
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[field.target.id] = one_line(str(after.value.value))  # type: ignore[union-attr]
    return found


def settings() -> list[str]:
    """Every setting with its name in the file and in the environment."""
    from core.settings import Peer, Settings, Switch

    defaults = {"data": "`./data`", "node": "`harmony@` and this host's name"}
    lines = [
        "# Settings",
        "",
        "Settings come from one TOML file and the environment; a variable wins over the file. The file is the one that",
        "`HARMONY_SETTINGS` names, else `harmony.toml` in the data directory. An unknown setting, and a value that it",
        "cannot have, is refused in one sentence.",
        "",
    ]
    rows = [
        (name, f"`HARMONY_{name.strip('`').upper()}`", _plain(kind), defaults.get(name.strip("`"), default), about)
        for name, kind, default, about in fields_of(Settings)
    ]
    lines += table(["in the file", "in the environment", "value", "default", "about"], rows)
    lines += ["", "## A switch", "", "Each entry of `switches` in the file is a table `[[switches]]` with", ""]
    lines += table(
        ["key", "value", "about"], [(name, _plain(kind), about) for name, kind, _, about in fields_of(Switch)]
    )
    lines += ["", "## A peer", "", "Each entry of `peers` in the file is a table `[[peers]]` with", ""]
    lines += table(["key", "value", "about"], [(name, _plain(kind), about) for name, kind, _, about in fields_of(Peer)])
    return lines


def _plain(kind: str) -> str:
    return kind.removesuffix(" or null").replace("list of Switch", "switches").replace("list of Peer", "nodes")


def call_document() -> list[str]:
    """The structs of a call."""
    from projections.callflow import document

    lines = [
        "# The call document",
        "",
        "What `harmony calls export` writes, one JSON document a call a line, and `GET /v1/calls/{id}` returns.",
    ]
    lines += ["Instants are UTC in RFC 3339 with microseconds, durations are seconds. Live calls have the same shape."]
    lines += ["Fields may be added; these keep their names and meaning. For the words see [words](words.md)."]
    structs = [
        value
        for value in vars(document).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == document.__name__
    ]
    for struct in sorted(structs, key=lambda struct: (struct.__name__ != "Call", inspect.getsourcelines(struct)[1])):
        lines += ["", f"## {struct.__name__}", "", one_line(struct.__doc__), ""]
        fields = [(name, kind) for name, kind, _, _ in fields_of(struct)]
        instant = [
            (name, kind.replace("number", "instant") if name.endswith(("_at`", "`at`")) else kind)
            for name, kind in fields
        ]
        lines += table(["field", "type"], instant)
    return lines


# Published events


# Tables

_RELATIONS = """
    SELECT n.nspname, c.relname, c.oid, c.relkind, obj_description(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('log', 'calls', 'cdr', 'hooks', 'auth') AND c.relkind IN ('r', 'v', 'm', 'p')
    ORDER BY array_position(ARRAY['cdr', 'calls', 'log', 'hooks', 'auth'], n.nspname::text), c.relname
"""
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)
    FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def tables(dsn: str) -> list[str]:
    """Schemas, tables and views as the migrations make them, with their comments."""
    import psycopg

    lines = [
        "# Tables",
        "",
        "What the migrations make. Analysts read the schema `cdr`; the others may change from release to release.",
    ]
    with psycopg.connect(dsn) as connection:
        relations = connection.execute(_RELATIONS).fetchall()
        for schema, name, oid, kind, comment in relations:
            lines += [
                "",
                f"## {schema}.{name}",
                "",
                *([comment + "."] if comment else []),
                *(["A view."] if kind == "v" and not comment else []),
                "",
            ]
            columns = connection.execute(_COLUMNS, (oid,)).fetchall()
            lines += table(
                ["column", "type", "about"],
                [(f"`{column}`", type_, about or "") for column, type_, _, about in columns],
            )
    return lines


# Examples in the descriptions for programs


def example_call() -> str:
    """A recorded call, as /v1/calls/{id} gives it: an attended transfer."""
    from projections.callflow import render
    from tests.projections.callflow.folding import events_of, fold_all

    (call,) = fold_all(events_of("13-attended-transfer-by-callee")).calls.values()
    return msgspec.json.format(render(call), indent=1).decode() + "\n"


# Metrics

METRICS_HEAD = """# Metrics

`GET /metrics`, in the text format of Prometheus, behind the access token of an operator:

```yaml
scrape_configs:
  - job_name: harmony
    authorization: {credentials_file: /etc/prometheus/harmony.token}
    static_configs: [{targets: ["127.0.0.1:8080"]}]
rule_files: [/etc/prometheus/rules/harmony.rules.yml]   # rel/prometheus/harmony.rules.yml
```

Any `harmony serve` tells of all parts: each leaves its figures in the database every second, also from other machines.
While the database is away the answer is still 200: `harmony_database_up 0`, what waits in the spools of that machine,
and how its own followers fare. (Only the installation's own token can be checked then; the others are in the database.)
Counters (`_total`) count from the start of the process that reports them. A dashboard for Grafana is in
`rel/grafana/harmony.json`, alert rules in `rel/prometheus/harmony.rules.yml`; how to use them:
[watching](../how-to/watch.md)."""


def metrics() -> list[str]:
    """Every metric, and how those of other parts are named."""
    from api.metrics.catalogue import reference

    rows = [(f"`{name}`", kind, labels, says) for name, kind, labels, says in reference()]
    lines = [*METRICS_HEAD.splitlines(), "", *table(["metric", "kind", "labels", "says"], rows)]
    return [
        *lines,
        "",
        "What a part reports that is not listed here is told as `harmony_<part>_<figure>`, with the label `service`.",
    ]


def descriptions() -> dict[str, str]:
    """The descriptions for programs, as files that lie in the repository and in the wheel."""
    from api.http import asyncapi, openapi

    described = {"openapi.json": openapi.document(), "asyncapi.json": asyncapi.document()}
    return {
        name: msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"
        for name, document in described.items()
    }


# All pages


def pages(dsn: str) -> dict[str, Callable[[], list[str]]]:
    """The generated pages by file name."""
    return {
        "command-line.md": command_line,
        "settings.md": settings,
        "errors.md": errors,
        "http.md": http,
        "events.md": events,
        "call-document.md": call_document,
        "metrics.md": metrics,
        "tables.md": lambda: tables(dsn),
    }


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a page is out of date")
    check = parser.parse_args().check
    from core.migrate import migrate
    from core.postgres import embedded

    stale = []

    def written(path: Path, text: str) -> None:
        if not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(TOP)))
            if not check:
                path.write_text(text)

    written(TOP / "api" / "http" / "endpoints" / "call.json", example_call())
    for name, description in descriptions().items():
        written(TOP / "api" / "http" / name, description)
    with tempfile.TemporaryDirectory(prefix="harmony-") as directory, embedded(Path(directory) / "data") as dsn:
        migrate(dsn)
        for name, make in pages(dsn).items():
            note = "<!-- Made from the code by `make docs`; changes here are lost. -->"
            lines = make()
            text = "\n".join([lines[0], "", note, *lines[1:]]).replace("\n\n\n", "\n\n") + "\n"
            written(REFERENCE / name, text)
    for name in stale:
        sys.stderr.write(f"{name} {'is out of date: run `make docs`' if check else 'written'}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
