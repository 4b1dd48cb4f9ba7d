"""The page of error codes: classes of errors, and codes that are said where no class of error is."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reference_markdown import one_line, table

TOP = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "bridge", "projections", "api")


def errors() -> list[str]:
    """Every class of error with its code and status, and every code besides."""
    from api.errors import ApiError, status_of
    from core.errors import HarmonyError

    for package in PACKAGES:
        for path in sorted((TOP / package).rglob("*.py")):  # not all are packages with an __init__
            if path.stem not in ("__init__", "__main__"):
                importlib.import_module(".".join(path.relative_to(TOP).with_suffix("").parts))
    found = sorted(
        {(str(error.code), error) for error in _subclasses(HarmonyError)}, key=lambda pair: (pair[0], pair[1].__name__)
    )

    def status(error: type[Any]) -> str:
        number = status_of(error.__new__(error))
        return str(number) if number != 500 or issubclass(error, ApiError) else ""

    lines = [
        "# Error codes",
        "",
        "The `code` of an error stays, its sentence may get better. See [troubleshooting](../troubleshooting.md).",
        "Over HTTP an error is a problem document (RFC 9457); one without a status here is told as 500.",
        "",
    ]
    rows = [
        (
            f"`{code}`",
            status(error),
            one_line(error.__doc__) or code.rpartition(".")[2].replace("_", " ").capitalize() + ".",
        )
        for code, error in found
    ]
    known = {code for code, _ in found}
    lines += table(["code", "HTTP status", "means"], rows)
    lines += ["", "## What the server says by itself", ""]
    lines += table(
        ["code", "HTTP status", "means"], [row for row in _of_the_server() if row[0].strip("`") not in known]
    )
    lines += ["", "## Why an event was put aside", "", "These stand with [parked events](command-line.md).", ""]
    lines += table(["code", "means"], _told("MalformedEvent", 0, 2))
    lines += ["", "## What degrades", "", "These stand in `degraded` of `/readyz`, with a sentence each.", ""]
    degrades = [(code,) for code, _ in _told("Problem", 0, 1, "api/health/*.py")]
    lines += table(["code"], [*degrades, ("`database.away`",)])
    return lines


def _subclasses(cls: type) -> set[type[Any]]:
    found: set[type[Any]] = set(cls.__subclasses__())
    return found.union(*(_subclasses(sub) for sub in found))


def _of_the_server() -> list[tuple[str, str, str]]:
    from api.http.problems import TITLES

    rows = {
        (f"`{code.value}`", str(status.value)): _text(sentence)
        for call in _calls("Problem", "api/http/*.py", "api/http/*/*.py")
        for status, code, sentence in [call.args[:3]]
        if isinstance(status, ast.Constant) and isinstance(code, ast.Constant)
    }
    for number in (404, 405):
        rows[f"`http.{number}`", str(number)] = f"{TITLES[number]}: by the address or the method alone."
    return sorted((code, status, sentence) for (code, status), sentence in rows.items())


def _told(name: str, code: int, says: int, *where: str) -> list[tuple[str, str]]:
    """Codes and sentences that are given to the calls of a name."""
    found: dict[str, list[str]] = {}
    for call in _calls(name, *(where or [f"{package}/**/*.py" for package in PACKAGES])):
        first = call.args[code] if len(call.args) > code else None
        if isinstance(first, ast.Constant):
            sentences = found.setdefault(f"`{first.value}`", [])
            sentence = _text(call.args[says]) if len(call.args) > says else ""
            if sentence not in sentences:
                sentences.append(sentence)
    return [(key, "; ".join(filter(None, sentences))) for key, sentences in sorted(found.items())]


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=values):
            return "".join(_text(value) if isinstance(value, ast.Constant) else "..." for value in values)
        case ast.Name(id="why"):
            return f"{importlib.import_module('api.http.guard').MISSING} Or why the one that is shown is not good."
        case _:
            return ""


def _calls(name: str, *where: str) -> Iterator[ast.Call]:
    for pattern in where:
        for path in sorted(TOP.glob(pattern)):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                    yield node
