"""Which switch makes a new call, where there are several."""

import json
from typing import Any

from psycopg import Connection

from api.access.principal import Principal
from api.commands.errors import NoSwitch
from api.errors import Forbidden
from api.health.health import links_of
from api.health.services import SELECT, service_of
from projections.query import CallFilter, list_documents


def switch_for(
    connection: Connection[Any], user: str, given: str | None, who: Principal, configured: tuple[str, ...] = ()
) -> str:
    """The switch for a call of this user: the one named, the only one, or the one that the user was last seen on.

    The bridges say which switches there are and which are linked; where none has said anything yet, the settings do.
    """
    links = links_of([service_of(row) for row in connection.execute(SELECT).fetchall()])
    known = list(dict.fromkeys([*(link.switch for link in links), *configured]))
    if given is not None:
        if who.tenant is not None:
            raise Forbidden("A switch is for operators to name: leave it out.")
        if given not in known:
            raise NoSwitch(f"There is no switch {given!r} here: there is {', '.join(known) or 'none'}.")
        return given
    up = [link.switch for link in links if link.link == "up"] or known
    if len(up) == 1:
        return up[0]
    if not up:
        raise NoSwitch("No switch is linked: set HARMONY_SWITCHES and start `harmony bridge`.")
    last = next((switch for switch in _seen_on(connection, user) if switch in up), None)
    if last is None:
        raise NoSwitch(f"{user} was not seen on any of {', '.join(up)} yet: say which `switch` is to call.")
    return last


def _seen_on(connection: Connection[Any], user: str) -> list[str]:
    """The switches of the user's latest calls."""
    page = list_documents(connection, CallFilter(user=user), 5)
    legs = [leg for document in page.documents for leg in json.loads(document)["legs"]]
    return [leg["switch"] for leg in legs if leg.get("switch")]
