"""`harmony doctor`: the machine, the settings and the data looked at one by one; each finding says what to do.

Checks look only; none of them repairs or starts anything but the database that every command needs. One that fails for
a reason of its own is a finding too, so that the others are still made.
"""

import asyncio
import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec
import psycopg

from api.access.installation_token import FILE
from core.errors import HarmonyError
from core.settings import Settings, Switch, load

Result = Literal["ok", "warning", "failed"]
ANSWER = 5.0
"""Seconds that a switch has to answer a question."""
LOW = 2 << 30
"""Bytes of free disk below which there is a warning; a busy switch writes some 3 GB a day."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PUBLISHED = ("change-me", "ClueCon")
"""Cookies that anybody would try first."""


class Finding(msgspec.Struct, frozen=True):
    check: str
    result: Result
    says: str


def examine() -> list[Finding]:
    try:
        settings = load()
    except HarmonyError as problem:
        return [Finding("settings", "failed", str(problem))]
    found: list[Finding] = [_python(), Finding("settings", "ok", f"data in {settings.data.absolute()}")]
    for check in (_directory, _disk, _token, _registry, _database, _cluster, _switches, _address):
        try:
            found += check(settings)
        except HarmonyError as problem:
            found.append(Finding(_name(check), "failed", str(problem)))
        except (OSError, psycopg.Error) as problem:
            found.append(Finding(_name(check), "failed", f"{str(problem).splitlines()[0]}."))
    return found


def _name(check: Callable[..., object]) -> str:
    return check.__name__.strip("_")


def _python() -> Finding:
    return Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def _directory(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    if not data.exists():
        yield Finding("directory", "ok", f"{data.absolute()} does not exist yet; the first start makes it.")
        return
    mode = data.stat().st_mode & 0o777
    if not os.access(data, os.W_OK | os.X_OK):
        yield Finding("directory", "failed", f"{data} cannot be written by us: change its owner.")
    elif mode & 0o002:
        yield Finding("directory", "warning", f"{data} can be written by anybody (mode {mode:o}): chmod o-w {data}.")
    else:
        yield Finding("directory", "ok", f"{data} is ours")


def _disk(settings: Settings) -> Iterator[Finding]:
    place = settings.data.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    result: Result = "ok" if free > LOW else "warning"
    advice = "" if free > LOW else ": make room, every event is kept for good"
    yield Finding("disk", result, f"{free / 1e9:.1f} GB are free at {place}{advice}.")


def _token(settings: Settings) -> Iterator[Finding]:
    path = settings.data / FILE
    if not path.exists():
        yield Finding("token", "ok", "None yet: `harmony run` makes one at its first start.")
    elif path.stat().st_mode & 0o077:
        yield Finding("token", "warning", f"{path} can be read by others: chmod 600 {path}.")
    else:
        yield Finding("token", "ok", "There is one, kept as a hash.")


def _registry(settings: Settings) -> Iterator[Finding]:
    from core.registry import reader
    from core.registry.errors import RegistryAbsent
    from core.registry.sources import source_of

    source = source_of(settings)
    try:
        entries, findings = reader.read(source.read().values())
    except RegistryAbsent:
        yield Finding("registry", "ok", "There is none, so nobody logs in: `harmony registry import FILE` makes one.")
        return
    finally:
        source.close()
    if findings:
        says = f"{len(findings)} entries of {source.name} cannot be used: `harmony registry check` tells which."
        yield Finding("registry", "warning", says)
    elif not entries:
        yield Finding("registry", "warning", f"{source.name} holds no entry: `harmony registry import FILE` adds some.")
    else:
        yield Finding("registry", "ok", f"{len(entries)} entries in {source.name}")


def _database(settings: Settings) -> Iterator[Finding]:
    from api.site import database
    from core.migrate import found, pending

    kind = "embedded" if settings.dsn is None else "by HARMONY_DSN"
    with database(settings) as here, psycopg.connect(here.dsn, autocommit=True, connect_timeout=5) as connection:
        version = connection.info.parameter_status("server_version")
        yield Finding("database", "ok", f"PostgreSQL {version}, {kind}")
        if missing := pending(here.dsn):
            yield _tables(len(missing), len(found()), settings.dsn is None)
            return
        yield Finding("tables", "ok", "They are of this version.")
        yield from _contents(connection, settings)


def _tables(missing: int, all_of_them: int, embedded: bool) -> Finding:
    """Tables that are not there yet are no fault where the next command makes them."""
    if missing == all_of_them:
        also = "" if embedded else " (or `harmony migrate`, where the services run one by one)"
        return Finding("tables", "ok", f"None yet: the first `harmony run` makes them{also}.")
    if embedded:
        return Finding("tables", "ok", f"{missing} migrations are missing: the next `harmony run` makes them.")
    return Finding("tables", "warning", f"{missing} migrations are missing: run `harmony migrate`.")


def _contents(connection: psycopg.Connection[tuple[object, ...]], settings: Settings) -> Iterator[Finding]:
    from api.health.expected import expected_of
    from api.health.health import examine as look

    health = look(connection, expected_of(settings) if settings.switches else None)
    says = f"{health.head} is the last position, calls are {health.behind} behind"
    yield Finding("log", "ok", f"{says}.")
    if health.parked:
        yield Finding("parked", "warning", f"{health.parked} events were put aside; log.parked_event says why.")
    for problem in health.problems:
        yield Finding(problem.code.partition(".")[0], "warning", problem.sentence)


def _cluster(settings: Settings) -> Iterator[Finding]:
    """Who could join us; a switch without a cookie is told by its own check."""
    switches = {switch.node for switch in settings.switches}
    for name in settings.without_cookie():
        if name not in switches:
            yield Finding("peer", "failed", f"{name} has no cookie and is not let in: set cookie, or one of its own.")
    for name, cookie in settings.cookies().items():
        if cookie in PUBLISHED:
            yield Finding("cookie", "warning", f"That of {name} is a published example: set `openssl rand -hex 32`.")
    if settings.erlang_host not in LOOPBACK:
        yield Finding(
            "cluster",
            "warning",
            f"Our Erlang node listens at {settings.erlang_host} without encryption: let through only the hosts of "
            "switches and peers that connect to us; where none does, take erlang_host out.",
        )


def _switches(settings: Settings) -> Iterator[Finding]:
    if not settings.switches:
        yield Finding("switches", "ok", f"No switch is named in {settings.data / 'harmony.toml'} yet.")
        return
    for switch in settings.switches:
        yield from asyncio.run(_switch(settings, switch))


async def _switch(settings: Settings, switch: Switch) -> list[Finding]:
    """Join the switch as a guest, which shows whether name, cookie and network are right, and look at its settings."""
    from bridge.node import Node
    from bridge.session.commands import Commands
    from bridge.session.settings import ERLANG, SOFIA, erlang_faults, sofia_faults
    from bridge.session.version import remark, version_of

    cookie = settings.cookies()[switch.node]
    if not cookie:
        return [Finding("switch", "failed", f"{switch.node} has no cookie: set HARMONY_COOKIE to that of the switch.")]
    logging.getLogger("harmony.node").addHandler(logging.NullHandler())  # what it would say is the finding
    host = settings.node.partition("@")[2]
    guest = Node(f"harmony-doctor-{os.getpid()}@{host}", settings.cookie, listen=False, embed_epmd=False)
    commands = Commands(guest, switch.node, ANSWER)
    try:
        await guest.start()
        await guest.connect(switch.node, cookie)
        found = [Finding("switch", "ok", f"{switch.node} can be joined; name, cookie and network are right.")]
        version = version_of(await commands.api("status"))
        if version is not None:
            found.append(Finding("switch", "ok", f"{switch.node} runs FreeSWITCH {version}."))
        if follows := remark(version):
            found.append(Finding("switch", "ok", f"{switch.node}: {follows}"))
        faults = erlang_faults(await commands.api("xml_locate", ERLANG), commands.encoding, settings.encoding)
        faults += sofia_faults(await commands.api("xml_locate", SOFIA))
    except HarmonyError as problem:
        return [Finding("switch", "failed", f"{switch.node}: {str(problem).rstrip('.')}.")]
    finally:
        await guest.stop()
    return found + [Finding("switch", "warning", f"{switch.node}: {fault}") for fault in faults]


def _address(settings: Settings) -> Iterator[Finding]:
    host, port = settings.http_host, settings.http_port
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        yield Finding("http", "ok", f"Nothing runs on {host}:{port} now.")
    else:
        yield _answering(settings)
    if host not in LOOPBACK:
        yield Finding("http", "warning", f"{host} can be reached from outside without TLS: put a proxy in front.")


def _answering(settings: Settings) -> Finding:
    """Whose server it is that has our address, as far as our database tells."""
    from api.health.services import SELECT, service_of, service_on
    from api.site import database

    address = f"{settings.http_host}:{settings.http_port}"
    with database(settings) as here, psycopg.connect(here.dsn, autocommit=True, connect_timeout=5) as connection:
        try:
            services = [service_of(row) for row in connection.execute(SELECT).fetchall()]
        except psycopg.errors.UndefinedTable:
            services = []
    if any(one.name == service_on(settings) and one.state == "running" for one in services):
        return Finding("http", "ok", f"Our server answers on {address}.")
    says = f"Something else has {address}, and ours will not start: stop that, or set another http_port."
    return Finding("http", "warning", says)
