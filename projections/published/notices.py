"""What single switch events say to the outside about queues, phones, switches, commands and operators: pure.

One event, a notice or two, whatever came before: so that a log says the same however it is cut and whenever it is read.
The tenant is the domain that the event itself names, and nobody where it names none.
"""

from collections.abc import Callable

from core import own_event as own
from core.event import SwitchEvent
from projections.published.notice import Notice
from projections.published.of_commands import acted, command_completed, command_requested
from projections.published.of_decisions import decided
from projections.published.of_phones import expired, failed, registered, unregistered
from projections.published.of_queues import callcenter, fifo
from projections.published.of_switches import (
    gap,
    link_down,
    link_up,
    overflow,
    parked,
    reconciled,
    shutdown,
    started,
)

_OF: dict[str, Callable[[SwitchEvent], list[Notice]]] = {
    "CUSTOM callcenter::info": callcenter,
    "CUSTOM fifo::info": fifo,
    "CUSTOM sofia::register": registered,
    "CUSTOM sofia::unregister": unregistered,
    "CUSTOM sofia::expire": expired,
    "CUSTOM sofia::register_failure": failed,
    "STARTUP": started,
    "SHUTDOWN": shutdown,
    f"CUSTOM {own.LINK_UP}": link_up,
    f"CUSTOM {own.LINK_DOWN}": link_down,
    f"CUSTOM {own.GAP}": gap,
    f"CUSTOM {own.OVERFLOW}": overflow,
    f"CUSTOM {own.RECONCILED}": reconciled,
    f"CUSTOM {own.PARKED}": parked,
    f"CUSTOM {own.COMMAND_REQUESTED}": command_requested,
    f"CUSTOM {own.COMMAND_COMPLETED}": command_completed,
    f"CUSTOM {own.OPERATOR}": acted,
    f"CUSTOM {own.DECIDED}": decided,
}
TOPICS = frozenset(_OF)


def notices(event: SwitchEvent) -> list[Notice]:
    """What is published of one switch event, in order; usually nothing or one."""
    of = _OF.get(event.topic)
    return of(event) if of is not None else []
