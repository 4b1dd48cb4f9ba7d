"""Who may subscribe to what: the principal and the parameters of a request, made into what is asked for."""

from contextlib import AbstractContextManager

from starlette.requests import HTTPConnection

from api.access.audit import saw
from api.access.bearers import REVOKED, Opened
from api.principal import Principal, principal
from api.streams import Asked, Reader, Streams, asked
from api.streams.asked import Parameter, from_query


def admitted(
    connection: HTTPConnection, start: str, more: tuple[Parameter, ...] = (), *, pull: bool = False
) -> tuple[Streams, Asked]:
    """The subscriptions of this process and what is asked of them; raises `Forbidden`, `BadArgument`, `BadFilter`."""
    who: Principal = principal(connection, "subscribe")
    given = from_query(connection.query_params.multi_items(), more, pull=pull)
    if given.get("log") == "switch":
        principal(connection, "operate")
    resume = None if pull else connection.headers.get("last-event-id")
    wanted = asked(given, start, who.tenant, resume)
    saw(connection, None)
    return connection.app.state.streams, wanted


def while_good(connection: HTTPConnection, reader: Reader) -> AbstractContextManager[None]:
    """For as long as the context lasts: end a subscription with the reason when its token holds no longer."""
    opened: Opened = connection.app.state.opened
    return opened.while_good(connection, lambda reason: reader.close(REVOKED, reason))
