"""Who may subscribe to what: the principal and the parameters of a request, made into what is asked for."""

from starlette.requests import HTTPConnection

from api.principal import Principal, principal
from api.streams import Asked, Streams, asked
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
    return connection.app.state.streams, asked(given, start, who.tenant, resume)
