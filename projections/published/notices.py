"""What single switch events say to the outside about queues, phones, switches, commands and operators: pure."""

from core.event import SwitchEvent
from projections.published.notice import Notice

TOPICS: frozenset[str] = frozenset()


def notices(event: SwitchEvent) -> list[Notice]:
    """What is published of one switch event, in order; usually nothing or one."""
    return []
