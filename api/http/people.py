"""/v1/people: the people of a company and the state of their phones, now or as it was then. /v1/me/favourites: whom
of them somebody has marked.

Everybody of a company sees the state of everybody; with whom somebody has to do, who may see his calls
(`api.people.roster.Look`).
"""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal, principal_of
from api.errors import BadArgument, NotFound
from api.http.answers import Answer, encoded
from api.http.services import services_of
from api.people import favourites as kept
from api.people.roster import Look
from api.people.then import People, people_then
from projections.callflow.document import instant_text

PATIENCE = 1.0
"""seconds that an answer waits for people who are followed; then it is what was known, and says so (`current`)"""


def look_of(who: Principal, tenant: str | None = None) -> Look:
    """What somebody may see of people, of one company if he says so."""
    colleagues = who.standing.colleagues if who.standing is not None else ()
    return Look(who.limited(tenant), who.reach, colleagues)


def yes(value: str | None, name: str) -> bool:
    if value not in (None, "true", "false"):
        raise BadArgument(f"{name} is true or false.")
    return value == "true"


async def people(request: Request) -> Response:
    who, services = principal_of(request), services_of(request)
    tenant = request.query_params.get("tenant")
    if tenant == "":
        raise BadArgument("tenant: name a company, or leave it out.")
    look = look_of(who, None if tenant is None else tenant.lower())
    if (at := request.query_params.get("at")) is not None:
        registry = services.registry.current
        return _then(look, await services.with_connection(lambda one: people_then(one, at, registry, look)))
    source = services.streams.board
    if not source.ready.is_set():  # just started, or the database is away: it may be there in a moment
        await run_in_threadpool(source.ready.wait, PATIENCE)
    position, documents = source.people(look)
    current = b"true" if source.ready.is_set() else b"false"
    body = b'{"position":%d,"current":%b,"people":[%b]}' % (position, current, b",".join(documents))
    return Answer(body, tenants=[look.tenant])


def _then(look: Look, found: People) -> Answer:
    instant = b"null" if found.instant is None else msgspec.json.encode(instant_text(found.instant))
    body = b'{"position":%d,"at":%b,"current":false,"people":[%b]}' % (
        found.position,
        instant,
        b",".join(found.documents),
    )
    return Answer(body, tenants=[look.tenant])


class Favourites(msgspec.Struct, frozen=True):
    """The colleagues that somebody has marked."""

    favourites: list[str]
    """users, the one that was marked first before the others: 1002@alpha.example"""


async def favourites(request: Request) -> Response:
    user, _ = _own(request)
    return _told(user, await services_of(request).with_connection(lambda one: kept.favourites(one, user)))


async def mark(request: Request) -> Response:
    user, other = _own(request)
    name, _, domain = other.partition("@")
    services = services_of(request)
    if domain != user.partition("@")[2] or services.registry.current.user(domain, name) is None:
        raise NotFound(f"There is no colleague {other[:100]!r}.")
    return _told(user, await services.with_connection(lambda one: kept.mark(one, user, other)))


async def forget(request: Request) -> Response:
    user, other = _own(request)
    return _told(user, await services_of(request).with_connection(lambda one: kept.forget(one, user, other)))


def _own(request: Request) -> tuple[str, str]:
    """Whose favourites, and who of them the address names."""
    who = principal_of(request)
    if who.user is None:
        raise NotFound(f"The token of {who.name!r} is no user's, and has no favourites.")
    name, _, domain = str(request.path_params.get("user", "")).partition("@")
    return who.user, f"{name}@{domain.lower()}"


def _told(user: str, found: list[str]) -> Response:
    return encoded(Favourites(found), tenants=[user.partition("@")[2]])
