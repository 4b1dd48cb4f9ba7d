"""/v1/me and /v1/users/{user}/...: what users change about themselves: call forwarding, do not disturb.

A person changes what is his own; an admin of a company, or its token with the scope control, what all its users have;
operators everything. What is another's is not there.
"""

from typing import Annotated

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import COMPANY, Principal, principal_of
from api.errors import Forbidden, NotFound, Unavailable
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.services import services_of
from core.registry import change
from core.registry.deeds import Deed, DoNotDisturb, Forward, do, tell
from core.registry.entries import User
from core.registry.live import LiveRegistry


class ForwardBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where calls go."""

    kind: change.Forward
    """which calls: always (all), busy, no-answer"""
    target: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z*#+._-]{1,64}$")] | None
    """the number that they go to; null: they are not forwarded"""


class DoNotDisturbBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether phones ring."""

    on: bool
    """true: they do not"""


class SelfService(msgspec.Struct, frozen=True):
    """A user's own settings, as they are now."""

    user: str
    """with the company's domain: 1001@alpha.example"""
    name: str
    forward_always: str | None
    forward_busy: str | None
    forward_no_answer: str | None
    do_not_disturb: bool


class RoomNumber(msgspec.Struct, frozen=True):
    """A conference room."""

    number: str
    name: str
    pin: bool
    """whether who enters is asked for one"""


class ParkNumbers(msgspec.Struct, frozen=True):
    """Places to park calls."""

    name: str
    numbers: list[str]
    """dialled to park there, and to fetch from there"""


class CompanyNumbers(msgspec.Struct, frozen=True):
    """What there is to dial in a company besides its people."""

    rooms: list[RoomNumber]
    parks: list[ParkNumbers]


async def numbers(request: Request) -> Response:
    who = principal_of(request)
    company = _registry(request).current.companies.get(who.tenant or "")
    if company is None:
        raise NotFound(f"The token of {who.name!r} is of no company that the registry has.")
    shown = CompanyNumbers(
        rooms=[RoomNumber(room.number, room.name, bool(room.pin)) for _, room in sorted(company.conferences.items())],
        parks=[ParkNumbers(lot.name, lot.numbers) for lot in company.parks],
    )
    return encoded(shown, tenants=[company.domain])


async def me(request: Request) -> Response:
    who = principal_of(request)
    user, _, domain = (who.user or "").partition("@")
    if not domain:
        raise NotFound(
            f"The token of {who.name!r} is no user's: log in as one, or ask for /v1/users/1001@alpha.example."
        )
    return _answer(_entry(_registry(request), user, domain))


async def user(request: Request) -> Response:
    who = principal_of(request)
    return _answer(_entry(_registry(request), *_named(request, who)))


async def forward(request: Request) -> Response:
    given = await body_of(request, ForwardBody)
    return await _change(request, Forward(given.kind, given.target))


async def do_not_disturb(request: Request) -> Response:
    given = await body_of(request, DoNotDisturbBody)
    return await _change(request, DoNotDisturb(given.on))


async def _change(request: Request, deed: Deed) -> Response:
    who = principal_of(request)
    name, domain = _named(request, who)
    live = _registry(request)
    _entry(live, name, domain)
    here = services_of(request).site

    def within() -> None:
        do(live, domain, name, deed)
        tell(here.dsn, domain, name, deed, who.name, way="api")

    await run_in_threadpool(within)
    return _answer(_entry(live, name, domain))


def _named(request: Request, who: Principal) -> tuple[str, str]:
    """The user of the address, whom this bearer may change; another company's is not there."""
    whole = request.path_params["user"]
    name, _, domain = whole.partition("@")
    domain = domain.lower()
    if not who.sees(domain):
        raise NotFound(f"There is no user {whole[:100]!r}.")
    if who.role not in COMPANY and who.user != f"{name}@{domain}":
        raise Forbidden(f"The token of {who.name!r} is for that user alone.")
    return name, domain


def _registry(request: Request) -> LiveRegistry:
    live = services_of(request).registry
    if live.absent:
        raise Unavailable("There is no registry here, and so no users.")
    return live


def _entry(live: LiveRegistry, name: str, domain: str) -> User:
    found = live.current.user(domain, name)
    if found is None:
        raise NotFound(f"There is no user {f'{name}@{domain}'[:100]!r}.")
    return found


def _answer(entry: User) -> Response:
    shown = SelfService(
        user=f"{entry.user}@{entry.tenant}",
        name=entry.name,
        forward_always=entry.forward_always,
        forward_busy=entry.forward_busy,
        forward_no_answer=entry.forward_no_answer,
        do_not_disturb=entry.do_not_disturb,
    )
    return encoded(shown, tenants=[entry.tenant])
