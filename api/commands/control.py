"""Taking commands: who asks, for what, under which key. The one way in, for the HTTP routes and the command line.

A question that came before under the same key gets the same command, before anything is looked up: the call may
have ended since, through that very command.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, NoReturn
from uuid import UUID

import msgspec
from psycopg import Connection

from api.access.principal import COMPANY, Principal
from api.commands import orders, permissions
from api.commands.bodies import CallBody, OfCall, OfRoom, PickupBody
from api.commands.empty_places import placed
from api.commands.errors import CallEnded, NoLeg, WhichLeg
from api.commands.leg_choice import SeenCall, SeenLeg, in_room, named, seen
from api.commands.switches import switch_for
from api.errors import BadArgument, NotFound
from api.site import Site
from core.commands import checks
from core.commands.orders import Status
from core.commands.store import CommandStore, Requested
from core.registry.snapshot import EMPTY, Registry
from core.tenancy import company_of
from projections.callflow.audience import audience_of
from projections.query import get_call
from projections.query.rooms import calls_in_room, name_on_switch

_KEY = re.compile(r"[!-~]{1,255}")


class Control:
    """Takes commands of everybody. Its connection to the database is the caller's, a call at a time."""

    def __init__(
        self,
        store: CommandStore,
        switches: tuple[str, ...] = (),
        registry: Callable[[], Registry] = lambda: EMPTY,
    ) -> None:
        """``registry`` gives what is known of companies now."""
        self.store = store
        self._switches = switches
        self._registry = registry

    def call(self, connection: Connection[Any], who: Principal, body: CallBody, key: str | None = None) -> Requested:
        """Click-to-call."""
        bearer, question = _bearer(who), _question("", body)
        if known := self._known(key, bearer, question):
            return known
        order = orders.click_to_call(body, who)
        permissions.check_call(who, order.from_user)
        checks.checked(order)
        _has_phone(self._registry(), order.from_user)
        return self.store.request(
            order,
            switch=switch_for(connection, body.from_, body.switch, who, self._switches),
            tenant=company_of(body.from_),
            by=who.name,
            idempotency_key=key,
            bearer=bearer,
            fingerprint=question,
        )

    def of_call(
        self, connection: Connection[Any], who: Principal, call_id: str, body: OfCall, key: str | None = None
    ) -> Requested:
        """A command to a call, by its id, that of a call merged into it, or that of one of its legs."""
        bearer, question = _bearer(who), _question(call_id, body)
        if known := self._known(key, bearer, question):
            return known
        sight = permissions.in_sight(who, picks_up=isinstance(body, PickupBody))
        found = None if "\0" in call_id else get_call(connection, call_id, who.tenant, sight)
        missing = NotFound(f"There is no call {checks.shown(call_id)}, also none with a leg of that id.")
        if found is None:
            raise missing
        if isinstance(body, PickupBody) and not _sees(who, found.document):
            body = permissions.picked(who, body, found.document) or _raise(missing)
        call = seen(found.document)
        body = placed(connection, self._registry(), call.tenant, body)
        dispatch = orders.of_call(permissions.meant(who, body, call), call, who, self.store)
        return self._request(dispatch, call, who, key, bearer, question)

    def of_room(
        self, connection: Connection[Any], who: Principal, room: str, body: OfRoom, key: str | None = None
    ) -> Requested:
        """A command to a member of a conference."""
        bearer, question = _bearer(who), _question(room, body)
        if known := self._known(key, bearer, question):
            return known
        checks.room("room", room)
        call, leg = _member(connection, who, room, body)
        return self._request(
            orders.of_room(body, name_on_switch(connection, leg.leg_id) or room, leg), call, who, key, bearer, question
        )

    def status(self, who: Principal, command_id: str) -> Status:
        """How it stands with a command."""
        try:
            found = self.store.get(UUID(command_id), who.tenant)
        except ValueError:
            found = None
        if found is None or (who.role not in COMPANY and found.by != who.name):
            raise NotFound(
                f"There is no command {checks.shown(command_id)}: its id is the `command_id` of the answer to it."
            )
        return found

    def _known(self, key: str | None, bearer: str, question: bytes) -> Requested | None:
        if key is None:
            return None
        if not _KEY.fullmatch(key):
            raise BadArgument("Idempotency-Key: a key is 1 to 255 visible ASCII characters without blanks.")
        return self.store.known(key, bearer=bearer, fingerprint=question)

    def _request(
        self, dispatch: orders.Dispatch, call: SeenCall, who: Principal, key: str | None, bearer: str, question: bytes
    ) -> Requested:
        permissions.check(who, dispatch.order, call)
        return self.store.request(
            dispatch.order,
            switch=dispatch.switch,
            tenant=call.tenant,
            by=who.name,
            call_id=call.call_id,
            idempotency_key=key,
            bearer=bearer,
            fingerprint=question,
        )


def _raise(error: NotFound) -> NoReturn:
    raise error


def _sees(who: Principal, document: bytes) -> bool:
    """Whether somebody sees a call of his company, also while it does not ring."""
    concerned = audience_of(document)
    return who.reach is None or who.reach.sees(concerned.users, concerned.queues)


def control(here: Site, registry: Callable[[], Registry] = lambda: EMPTY) -> Control:
    """The taking of commands of a place."""
    store = CommandStore(here.dsn, dtmf=here.settings.dtmf)
    return Control(store, tuple(switch.node for switch in here.settings.switches), registry)


def _has_phone(registry: Registry, user: str) -> None:
    """Raises `NotFound` for who is no user of a company of the registry; of another company the switch knows more."""
    name, _, domain = user.partition("@")
    if domain.lower() in registry.companies and registry.user(domain, name) is None:
        raise NotFound(f"There is no user {checks.shown(user)} who has a phone now: correct `from`.")


def _bearer(who: Principal) -> str:
    return f"{who.tenant or ''} {who.name}"


def _question(about: str, body: msgspec.Struct) -> bytes:
    """The same for the same question, however its JSON was written."""
    parts = (type(body).__name__, about, msgspec.json.encode(body, order="sorted").decode())
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _member(connection: Connection[Any], who: Principal, room: str, body: OfRoom) -> tuple[SeenCall, SeenLeg]:
    members: list[tuple[SeenCall, SeenLeg]] = []
    for found in calls_in_room(connection, room, who.tenant, who.reach):
        try:
            call = seen(found.document)
        except CallEnded:
            continue
        members += [(call, leg) for leg in in_room(call, room)]
    if not members:
        raise NotFound(f"There is nobody in a conference room {room}.")
    if body.party is None and body.leg is None:
        raise WhichLeg(f"Say which party, as `party` or `leg`: there is {_people(members)}.")
    meant = []
    for call, leg in members:
        try:
            if named(call, body) is leg:
                meant.append((call, leg))
        except NoLeg:
            continue
    if not meant:
        raise NoLeg(
            f"{checks.shown(body.party or body.leg)} is not in the room {room} now: there is {_people(members)}."
        )
    if len(meant) > 1:
        raise WhichLeg(f"{body.party} is in the room {room} more than once, so say `leg`: {_people(meant)}.")
    return meant[0]


def _people(members: list[tuple[SeenCall, SeenLeg]]) -> str:
    return ", ".join(f"{leg.party} on {leg.leg_id}" for _, leg in members[:8])
