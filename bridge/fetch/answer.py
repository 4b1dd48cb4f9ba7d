"""The answer to any request: XML, or `not found`, which makes the switch go on with its own files or refuse.

The safe answer to what is not known is `not found`: a phone that nobody knows is refused, a number that nobody knows
leads to nothing, a configuration that is not ours is the switch's. That also holds while the registry knows nothing.
"""

from __future__ import annotations

import logging
from functools import partial

import msgspec

from bridge.fetch.configuration import configuration
from bridge.fetch.dialplan import dialplan
from bridge.fetch.directory import directory
from bridge.fetch.request import Request
from bridge.fetch.xml import NOT_FOUND
from core.registry import Registry

LOG = logging.getLogger("harmony.fetch")
SECTIONS = ("directory", "dialplan", "configuration")
"""what Harmony binds"""


class Answer(msgspec.Struct, frozen=True):
    """XML for the switch; ``found``: whether it says anything."""

    xml: str
    found: bool


_NOTHING = Answer(NOT_FOUND, False)
_MAKERS = {"dialplan": dialplan, "configuration": configuration}


def answer(registry: Registry, request: Request, keep: int = 0) -> Answer:
    """Return what to answer; never raises: whatever goes wrong is `not found`, and the log says what it was.

    ``keep``: minutes for which the switch may keep a user."""
    make = partial(directory, keep=keep) if request.section == "directory" else _MAKERS.get(request.section)
    if make is None:
        return _NOTHING
    try:
        xml = make(registry, request)
    except Exception:
        LOG.exception("The request for %s %s could not be answered", request.section, request.value)
        return _NOTHING
    return _NOTHING if xml is None else Answer(xml, True)
