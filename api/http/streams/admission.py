"""Who may subscribe to what: the principal and the parameters of a request, made into what is asked for."""

from contextlib import AbstractContextManager

from starlette.requests import HTTPConnection

from api.access.bearers import REVOKED
from api.access.principal import principal_of
from api.http.services import services_of
from api.streams import Reader, Streams, Subscription, subscription_of


def admitted(connection: HTTPConnection, start: str, *, pull: bool = False) -> tuple[Streams, Subscription]:
    """The subscriptions of this process and what is asked of them; raises `BadArgument`, `BadFilter`."""
    resume = None if pull else connection.headers.get("last-event-id")
    who = principal_of(connection)
    wanted = subscription_of(connection.query_params, start, who.tenant, resume, reach=who.reach)
    return services_of(connection).streams, wanted


def while_good(connection: HTTPConnection, reader: Reader) -> AbstractContextManager[None]:
    """For as long as the context lasts: end a subscription with the reason when its token holds no longer."""
    return services_of(connection).opened.while_good(connection, lambda reason: reader.close(REVOKED, reason))
