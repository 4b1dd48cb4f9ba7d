"""All families of endpoints; a new one is a new file beside this, and its name here."""

from api.http.endpoint import Endpoint, Family
from api.http.endpoints import (
    access,
    annotations,
    calls,
    centre,
    commands,
    event_types,
    hooks,
    operating,
    people,
    provision,
    recordings,
    self_service,
    state,
    streams,
    tryouts,
    voicemail,
    web,
)

FAMILIES: tuple[Family, ...] = (
    calls.FAMILY,
    centre.FAMILY,
    commands.FAMILY,
    annotations.FAMILY,
    recordings.FAMILY,
    streams.FAMILY,
    event_types.FAMILY,
    hooks.FAMILY,
    tryouts.FAMILY,
    access.FAMILY,
    self_service.FAMILY,
    voicemail.FAMILY,
    people.FAMILY,
    operating.FAMILY,
    state.FAMILY,
    provision.FAMILY,
    web.FAMILY,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(one for family in FAMILIES for one in family.endpoints)
