"""Settings: what a site may choose, read once at the start from one TOML file and the environment.

The file is the one that HARMONY_SETTINGS names, else ``harmony.toml`` in the data directory. A variable HARMONY_X wins
over the key ``x`` of the file. What is unknown or wrong is refused in one sentence that names it. No other module reads
the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from core.errors import HarmonyError
from core.settings_words import fault, nearest

_PREFIX = "HARMONY_"
_FILE = "HARMONY_SETTINGS"
Positive = Annotated[int, msgspec.Meta(ge=1)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class SettingsError(HarmonyError):
    """A setting is unknown or has a value that it cannot have."""

    code = "settings"


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One FreeSWITCH to join."""

    node: str
    """its node name, e.g. freeswitch@pbx1"""
    cookie: str | None = None
    """its cookie, where that is not the common one"""


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another Erlang node that may connect to us: an operator's, a replay's target."""

    node: str
    """its node name, e.g. shell@ops1"""
    cookie: str | None = None
    """its cookie, where that is not the common one"""


def _here() -> str:
    return f"harmony@{socket.gethostname().partition('.')[0]}"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. Each may stand in the file under its name, or in the environment as HARMONY_ + NAME."""

    data: Path = Path("data")
    """the one directory under which everything of ours is kept"""
    dsn: str | None = None
    """how to connect to PostgreSQL; without it an embedded one runs in the data directory"""
    postgres_bin: Path | None = None
    """the directory of other programs for the embedded PostgreSQL, e.g. /usr/lib/postgresql/15/bin"""
    postgres_user: str | None = None
    """as whom root runs the embedded PostgreSQL, where a user namespace will not do"""

    node: str = msgspec.field(default_factory=_here)
    """our own node name"""
    cookie: str = ""
    """the cookie of the Erlang cluster"""
    switches: tuple[Switch, ...] = ()
    """in the environment: node names, with commas between"""
    peers: tuple[Peer, ...] = ()
    """other nodes that may connect to us; in the environment: node names, with commas between"""
    erlang_host: str = "127.0.0.1"
    """where our Erlang node listens, and its own epmd; another one only for nodes of other hosts that connect to us"""
    encoding: Literal["string", "binary"] = "string"
    """what the switches' mod_erlang_event is expected to be set to (both are understood)"""
    ticktime: Annotated[int, msgspec.Meta(ge=4, le=3600)] = 60
    """seconds, as net_ticktime of the cluster"""

    registry: Path | None = None
    """the registry of companies as an LDIF file, where there is no directory (registry.ldif in the data directory)"""
    ldap_uri: str | None = None
    """the directory that holds the registry, e.g. ldaps://ldap.example.com"""
    ldap_base: str = ""
    """the DN under which the registry stands, e.g. dc=telephony"""
    ldap_bind_dn: str = ""
    """the account that reads the registry, and writes what people may change of themselves"""
    ldap_password: str = ""
    """its password"""
    ldap_ca: Path | None = None
    """the file of the certificates that the directory's must come from; without it the system's"""
    ldap_start_tls: bool = False
    """begin TLS on an ldap:// connection"""
    switch_keeps_users: Annotated[int, msgspec.Meta(ge=0, le=35)] = 0
    """minutes for which a switch may keep a user of the registry in its memory, so that phones go on while Harmony is
    away; with any, whoever may register can do so as anybody of any company"""

    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    http_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """addresses and networks (10.0.0.0/24) of the proxies in front, which are believed who their clients are
    (X-Forwarded-For) and are not counted as one client; in the environment with commas between"""
    http_connections: Positive = 4096
    """connections over HTTP at once"""
    http_connections_each: Positive = 256
    """connections over HTTP of one client address at once"""
    company_streams: Positive = 500
    """streams (events, live calls, WebSockets, pulls that wait) of one company at once"""
    company_questions: Positive = 4
    """questions of one company that walk through many calls (lists, boards of the past) which are answered at once;
    others wait in line"""
    company_tokens: Positive = 1000
    """good tokens of one company, its users' among them, that `harmony tokens make` makes; log-ins do not count"""
    provision_url: str | None = None
    """this server as phones reach it, e.g. https://harmony.example.com; without it http_host and http_port"""

    recordings: Path | None = None
    """the directory in which the switches' recordings can be read here; without it nobody hears them"""
    recordings_on_switch: str | None = None
    """what the switches call that directory (their recordings_dir), where it has another name there"""

    voicemail: Path | None = None
    """the directory in which the switches' voicemail messages can be read here; without it they are heard by phone"""
    voicemail_on_switch: str | None = None
    """what the switches call that directory, where it has another name there"""

    webhook_private: bool = False
    """whether webhooks may go to addresses that are not public: loopback, private networks, link-local"""
    webhook_http: bool = False
    """whether webhooks may go to http:// addresses, where everybody on the way can read them"""
    webhook_overlap: Annotated[int, msgspec.Meta(ge=0, le=8760)] = 24
    """hours for which the old secret of a webhook signs as well after a new one was made"""
    webhook_give_up: Annotated[int, msgspec.Meta(ge=1, le=365)] = 5
    """days without a single success after which a failing webhook is disabled"""
    webhook_keep: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """days for which deliveries that came to their end can be looked at and sent again"""

    vcon_key: Path | None = None
    """the private key (PEM; RSA, or of the curve P-256) with which vCons are signed when somebody asks for it"""
    vcon_certificate: Path | None = None
    """its certificate, with those that it comes from behind it (PEM)"""
    traces_url: str | None = None
    """where each call goes as an OpenTelemetry trace when it has ended: OTLP over HTTP, as
    http://127.0.0.1:4318/v1/traces"""
    traces_authorization: str = ""
    """the header Authorization of these requests, where the collector wants one"""

    batch: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 2000
    """events stored in one transaction at most"""
    queue: Positive = 50_000
    """events that may wait in memory before the reader of the switch's socket must pause"""
    spool_limit: Positive = 20 << 30
    """bytes that the spool may take on disk while the database is away"""
    dtmf: Literal["keep", "redact"] = "keep"
    """whether the digits that people press are stored"""
    keep_switch_events: Positive | Literal["forever"] = "forever"
    """days after which switch events are dropped, if their calls have ended; calls and call events stay"""
    log_format: Literal["text", "json"] = "text"
    """how the long-running parts write their log lines on stderr: for people, or one JSON object a line"""

    def cookies(self) -> dict[str, str]:
        """Return the nodes that may join, each with the cookie that applies to it: empty where there is none."""
        known: tuple[Peer | Switch, ...] = (*self.peers, *self.switches)
        return {one.node: one.cookie or self.cookie for one in known}

    def without_cookie(self) -> list[str]:
        """Return the nodes to which no cookie applies: there is no link to them."""
        return [name for name, cookie in self.cookies().items() if not cookie]


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings; raise `SettingsError`. ``file`` wins over HARMONY_SETTINGS."""
    env = os.environ if environ is None else environ
    chosen = file or (Path(env[_FILE]) if env.get(_FILE) else None)
    if chosen is not None and not chosen.is_file():
        raise SettingsError(f"There is no settings file {chosen}: correct {_FILE}, or make the file.")
    path = chosen or Path(env.get("HARMONY_DATA") or Settings().data) / "harmony.toml"
    values = _from_file(path) if path.is_file() else {}
    ours = _from_environment(env)
    values |= ours
    if "dsn" in values and not values["dsn"]:
        del values["dsn"]
    return _convert(values, f"the environment or {path}", ours)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is no TOML: {error}.") from None
    for key in values:
        if key not in Settings.__struct_fields__:
            advice = nearest(key, Settings.__struct_fields__)
            raise SettingsError(f"The settings file {path} has the unknown key {key}: {advice}.")
    _convert(values, str(path))
    return values


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in env.items():
        if not variable.startswith(_PREFIX) or variable == _FILE:
            continue
        key = variable.removeprefix(_PREFIX).lower()
        if key not in Settings.__struct_fields__ or variable != variable.upper():
            advice = nearest(key, Settings.__struct_fields__, _PREFIX)
            raise SettingsError(f"The environment has the unknown setting {variable}: {advice}.")
        if key == "http_proxies":
            values[key] = [one.strip() for one in value.split(",") if one.strip()]
        elif key in ("switches", "peers"):
            values[key] = [{"node": node.strip()} for node in value.split(",") if node.strip()]
        else:
            values[key] = value
    return values


def _convert(values: Mapping[str, Any], source: str, environment: Collection[str] = ()) -> Settings:
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        name, says = fault(error, Settings)
        where = f"{_PREFIX}{name.upper()} of the environment" if name in environment else f"{name} in {source}"
        raise SettingsError(f"The setting {where} {says}.") from None
    if settings.ldap_uri is not None:
        _sound_ldap(settings, source)
    for proxy in settings.http_proxies:
        _sound_proxy(proxy, source)
    if settings.provision_url is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", settings.provision_url):
        raise SettingsError(
            f"provision_url of {source} is {settings.provision_url!r}: write https://host or http://host:port."
        )
    for name in (settings.node, *settings.cookies()):
        if not all(name.partition("@")):
            raise SettingsError(f"{name!r} in {source} is no node name: write name@host.")
    return settings


def _sound_proxy(proxy: str, source: str) -> None:
    try:
        ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        raise SettingsError(
            f"http_proxies of {source} has {proxy!r}: write addresses or networks such as 10.0.0.7 or 10.0.0.0/24."
        ) from None


def _sound_ldap(settings: Settings, source: str) -> None:
    uri = settings.ldap_uri or ""
    if not uri.startswith(("ldap://", "ldaps://")):
        raise SettingsError(f"ldap_uri of {source} is {uri!r}: write ldaps://host or ldap://host.")
    if not settings.ldap_base:
        raise SettingsError(f"ldap_uri is set in {source} without ldap_base: name the DN that the registry is under.")
    if settings.registry is not None:
        raise SettingsError(f"Both ldap_uri and registry are set in {source}: leave one of them out.")


def _path(kind: type, value: Any) -> Any:
    assert kind is Path
    if not isinstance(value, str):
        raise ValueError("no path")
    return Path(value).expanduser()
