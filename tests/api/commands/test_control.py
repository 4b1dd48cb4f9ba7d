"""Commands to recorded calls that go on: what order becomes of each, and who may give it. In a real database."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from api.access.principal import OPERATOR, Principal
from api.commands.bodies import (
    CALL_VERBS,
    CallBody,
    CancelBody,
    CompleteBody,
    ConferenceBody,
    DtmfBody,
    EavesdropBody,
    HangupBody,
    HoldBody,
    KickBody,
    MessageBody,
    MuteBody,
    OfCall,
    ParkBody,
    PickupBody,
    RecordBody,
    ResumeBody,
    TransferBody,
    UnmuteBody,
)
from api.commands.control import Control
from api.commands.errors import CallEnded, NoContext, NoLeg, NoRoom, NoSwitch, WhichLeg
from api.errors import BadArgument, Forbidden, NotFound
from core.commands import orders
from core.commands.orders import BadOrder, Command, KeyReused, Order
from core.commands.store import CommandStore, Requested
from core.registry import Registry, ldif, reader
from tests.api.commands.living import (
    ALIAS,
    ALPHA,
    BETA,
    CONFERENCE,
    ENDED,
    HELD,
    HELD_CALLEE,
    INBOUND,
    INBOUND_CALLEE,
    MERGED,
    RINGING,
    SWITCH,
    TALK,
    TALK_CALLEE,
    living,
)
from tests.core.registry.examples import EXAMPLE

pytestmark = pytest.mark.database

DESK = Principal("desk", "alpha.example", frozenset({"control"}))
BETAS = Principal("desk", "beta.example", frozenset({"control"}))


@pytest.fixture(scope="module")
def calls(postgres: str) -> Iterator[str]:
    with living(postgres) as dsn:
        yield dsn


@pytest.fixture
def control(calls: str) -> Iterator[Control]:
    with CommandStore(calls) as store:
        yield Control(store, (SWITCH,))
        store.claim([SWITCH, "freeswitch@other"], 1000)
        store.abandoned([SWITCH, "freeswitch@other"])


@pytest.fixture
def connection(calls: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(calls, autocommit=True) as opened:
        yield opened


Ask = Callable[..., Requested]
Order_ = Callable[..., Order]


@pytest.fixture
def ask(control: Control, connection: psycopg.Connection[Any]) -> Ask:
    def of_call(call_id: str, body: OfCall, who: Principal = DESK, key: str | None = None) -> Requested:
        return control.of_call(connection, who, call_id, body, key)

    return of_call


def taken(control: Control, asked: Requested) -> Command:
    """The command as a bridge gets it."""
    (command,) = [one for one in control.store.claim([SWITCH]) if one.command_id == asked.command_id]
    return command


def test_each_command_becomes_the_order_that_is_meant(ask: Ask, control: Control) -> None:
    wanted: list[tuple[str, OfCall, Order]] = [
        (TALK, HangupBody(), orders.Hangup(leg=TALK)),
        (TALK, HangupBody(party="1002", cause="USER_BUSY"), orders.Hangup(leg=TALK_CALLEE, cause="USER_BUSY")),
        (RINGING, HangupBody(), orders.Hangup(leg=RINGING)),
        (
            TALK,
            TransferBody(kind="blind", party="1001", to="1003"),
            orders.TransferBlind(leg=TALK, to="1003", context="alpha.example"),
        ),
        (
            TALK,
            TransferBody(kind="blind", by="1002@alpha.example", to="1003"),
            orders.TransferBlind(leg=TALK, to="1003", context="alpha.example"),
        ),
        (
            CONFERENCE[0],
            TransferBody(kind="blind", to="1003"),
            orders.TransferBlind(leg=CONFERENCE[0], to="1003", context="alpha.example"),
        ),
        # Who called in through `public` is moved in the company's context all the same.
        (
            INBOUND,
            TransferBody(kind="blind", party="+491701234567", to="1003"),
            orders.TransferBlind(leg=INBOUND, to="1003", context="alpha.example"),
        ),
        (
            INBOUND,
            TransferBody(kind="attended", by="1002", to="1003"),
            orders.TransferAttendedStart(leg=INBOUND_CALLEE, other=INBOUND, to="1003", context="alpha.example"),
        ),
        (
            INBOUND,
            TransferBody(kind="attended", party="+491701234567", to="1003"),
            orders.TransferAttendedStart(leg=INBOUND_CALLEE, other=INBOUND, to="1003", context="alpha.example"),
        ),
        (
            TALK,
            ConferenceBody(party="1002", room="3001"),
            orders.Conference(leg=TALK_CALLEE, to="3001", context="alpha.example"),
        ),
        (TALK, HoldBody(party="1002"), orders.Hold(leg=TALK_CALLEE)),
        (HELD, ResumeBody(), orders.Resume(leg=HELD_CALLEE)),
        (HELD, ResumeBody(party="1001"), orders.Resume(leg=HELD)),
        (TALK, ParkBody(party="1001", lot="5901"), orders.Park(leg=TALK, lot="5901", context="alpha.example")),
        (TALK, DtmfBody(party="1002", digits="12#"), orders.Dtmf(leg=TALK_CALLEE, digits="12#")),
        (TALK, MessageBody(leg=TALK, text="Call Zoë"), orders.SendMessage(leg=TALK, text="Call Zoë")),
        (
            TALK,
            EavesdropBody(user="1004@alpha.example", mode="whisper"),
            orders.Eavesdrop(from_user="1004@alpha.example", leg=TALK, mode="whisper"),
        ),
    ]
    for call_id, body, order in wanted:
        asked = ask(call_id, body)
        command = taken(control, asked)
        assert command.order == order
        assert (command.switch, command.tenant, command.by) == (SWITCH, "alpha.example", "desk")
        assert (command.call_id, asked.call_id, asked.replayed) == (call_id, call_id, False)


def test_who_says_no_place_gets_one_that_is_empty(
    calls: str, connection: psycopg.Connection[Any], control: Control
) -> None:
    registry = Registry.of(reader.read(ldif.read_file(EXAMPLE))[0])
    knows = Control(control.store, (SWITCH,), lambda: registry)

    def order(body: OfCall) -> Order:
        return taken(control, knows.of_call(connection, DESK, TALK, body)).order

    assert order(ParkBody(party="1001")) == orders.Park(leg=TALK, lot="5900", context="alpha.example")
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO calls.segment SELECT call_id, 900, 'park', parties, started_at, NULL, NULL, NULL, 'observed',"
        ' \'{"lot": "5900"}\' FROM calls.segment WHERE call_id = %s LIMIT 1',
        [HELD],
    )
    assert order(ParkBody(party="1001")) == orders.Park(leg=TALK, lot="5901", context="alpha.example")
    connection.execute("ROLLBACK")
    with pytest.raises(NoRoom, match="say which"):  # its only room has people in it
        knows.of_call(connection, DESK, TALK, ConferenceBody(party="1001"))
    with pytest.raises(NoRoom, match="say which"):
        control.of_call(connection, DESK, TALK, ConferenceBody(party="1001"))


def test_picking_up_takes_a_phone_that_rings(ask: Ask, control: Control) -> None:
    command = taken(control, ask(RINGING, PickupBody(user="1005@alpha.example", party="1003")))
    assert isinstance(command.order, orders.Pickup)
    assert command.order.leg == "6e12e969-8bd4-4910-929a-822ee0923138"
    assert isinstance(taken(control, ask(RINGING, PickupBody(user="1005@alpha.example"))).order, orders.Pickup)
    with pytest.raises(NoLeg, match="No phone rings"):
        ask(TALK, PickupBody(user="1005@alpha.example"))


def test_a_recording_is_ended_by_the_name_it_was_begun_with(ask: Ask, control: Control) -> None:
    with pytest.raises(NoLeg, match="No recording runs"):
        ask(HELD, RecordBody(action="stop"))
    begun = taken(control, ask(HELD, RecordBody(action="start", party="1002"))).order
    assert isinstance(begun, orders.RecordStart)
    assert begun.leg == HELD_CALLEE
    ended = taken(control, ask(HELD, RecordBody(action="stop")))
    assert ended.order == orders.RecordStop(leg=HELD_CALLEE, name=begun.name)
    with pytest.raises(NoLeg, match="No recording runs"):
        ask(HELD, RecordBody(action="stop", party="1001"))
    control.store.completed(ended.command_id, "ok", "+OK")
    with pytest.raises(NoLeg, match="No recording runs"):
        ask(HELD, RecordBody(action="stop"))


@pytest.mark.parametrize(
    ("body", "order"),
    [(CompleteBody(), orders.TransferAttendedComplete), (CancelBody(), orders.TransferAttendedCancel)],
)
def test_an_attended_transfer_is_settled_for_the_call(
    ask: Ask, control: Control, body: OfCall, order: type[orders.TransferAttendedComplete]
) -> None:
    with pytest.raises(NoLeg, match="No attended transfer runs"):
        ask(TALK, body)
    start = taken(control, ask(TALK, TransferBody(kind="attended", by="1002", to="1003")))
    with pytest.raises(NoLeg, match="not called the target"):
        ask(TALK, body)
    control.store.accepted(start.command_id, None, "c0ffee")
    settled = taken(control, ask(TALK, body))
    assert settled.order == order(leg=TALK_CALLEE, other=TALK, consult="c0ffee")
    control.store.completed(start.command_id, "ok", "+OK")
    control.store.completed(settled.command_id, "ok", "+OK")
    with pytest.raises(NoLeg, match="No attended transfer runs"):
        ask(TALK, body)


def test_a_merged_call_and_a_leg_lead_to_the_call_as_it_is_now(ask: Ask, control: Control) -> None:
    asked = ask(ALIAS, HangupBody(party="1003"))
    assert asked.call_id == MERGED
    assert taken(control, asked).call_id == MERGED
    assert ask(TALK_CALLEE, HangupBody()).call_id == TALK


def test_what_cannot_be(ask: Ask) -> None:
    with pytest.raises(CallEnded, match="has ended"):
        ask(ENDED, HangupBody())
    with pytest.raises(WhichLeg, match="Say which party holds"):
        ask(TALK, HoldBody())
    with pytest.raises(WhichLeg, match="is to be moved"):
        ask(TALK, TransferBody(kind="blind", to="1003"))
    with pytest.raises(WhichLeg, match="who transfers"):
        ask(TALK, TransferBody(kind="attended", to="1003"))
    with pytest.raises(NoLeg, match="Nobody is on hold"):
        ask(TALK, ResumeBody())
    with pytest.raises(NoLeg, match="'1009' has no leg"):
        ask(TALK, HangupBody(party="1009"))
    with pytest.raises(BadOrder, match="to: "):
        ask(TALK, TransferBody(kind="blind", party="1001", to="1003 XML public"))


@pytest.mark.parametrize("body", [HangupBody(), CompleteBody(), HoldBody(party="1001")])
def test_a_call_of_another_company_is_not_there(ask: Ask, body: OfCall) -> None:
    for call_id, who in ((ALPHA, BETAS), (BETA, DESK), ("nothing", OPERATOR), ("no\0thing", OPERATOR)):
        with pytest.raises(NotFound, match="There is no call"):
            ask(call_id, body, who)


def test_own_calls_and_those_of_all_for_operators(ask: Ask, control: Control) -> None:
    assert taken(control, ask(BETA, HangupBody(), BETAS)).tenant == "beta.example"
    for call_id, tenant in ((ALPHA, "alpha.example"), (BETA, "beta.example")):
        asked = ask(call_id, HangupBody(), OPERATOR)
        assert taken(control, asked).tenant == tenant
        assert control.status(OPERATOR, str(asked.command_id)).by == "operator"
        visible, hidden = (DESK, BETAS) if call_id == ALPHA else (BETAS, DESK)
        assert control.status(visible, str(asked.command_id)).call_id == call_id
        with pytest.raises(NotFound, match="There is no command"):
            control.status(hidden, str(asked.command_id))


@pytest.mark.parametrize("text", ["", "x", str(UUID(int=1)), "' OR 1=1", "\0"])
def test_a_command_that_is_not_there(control: Control, text: str) -> None:
    with pytest.raises(NotFound, match="There is no command"):
        control.status(OPERATOR, text)


def test_only_own_users_may_be_called(ask: Ask, control: Control, connection: psycopg.Connection[Any]) -> None:
    for user in ("1001@beta.example", "1001@ALPHA.EXAMPLE", "1001@alpha.example.evil"):
        for body in (PickupBody(user=user), EavesdropBody(user=user)):
            with pytest.raises(NotFound, match="There is no user"):
                ask(RINGING, body)
        with pytest.raises(NotFound, match="There is no user"):
            control.call(connection, DESK, CallBody(from_=user, to="1002"))
    with pytest.raises(BadOrder, match="user: "):
        ask(RINGING, PickupBody(user="1001"))
    with pytest.raises(BadOrder, match="from: "):
        control.call(connection, OPERATOR, CallBody(from_="1001@x y", to="1002"))


def test_a_context_is_for_operators_to_name(ask: Ask, control: Control, connection: psycopg.Connection[Any]) -> None:
    body = TransferBody(kind="blind", party="1001", to="1003", context="public")
    with pytest.raises(Forbidden, match="context is for operators"):
        ask(TALK, body)
    command = taken(control, ask(TALK, body, OPERATOR))
    assert command.order == orders.TransferBlind(leg=TALK, to="1003", context="public")
    with pytest.raises(Forbidden):
        control.call(connection, DESK, CallBody(from_="1001@alpha.example", to="1002", context="beta.example"))


def test_a_call_of_no_company_needs_a_context(ask: Ask, connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("UPDATE calls.call SET document = (document::jsonb || '{\"tenant\": null}')::json")
        with pytest.raises(NoContext, match="belongs to no company"):
            ask(TALK, TransferBody(kind="blind", party="1001", to="1003"), OPERATOR)


def test_click_to_call(control: Control, connection: psycopg.Connection[Any]) -> None:
    body = CallBody(from_="1001@alpha.example", to="+4989123", caller_name="Büro", timeout=20)
    asked = control.call(connection, DESK, body)
    command = taken(control, asked)
    assert command.order == orders.Originate(
        from_user="1001@alpha.example", to="+4989123", context="alpha.example", caller_name="Büro", timeout=20
    )
    assert (command.switch, command.tenant, command.call_id, asked.leg) == (SWITCH, "alpha.example", None, None)
    asked = control.call(connection, OPERATOR, body)
    assert control.status(DESK, str(asked.command_id)).by == "operator", "it is the user's company's"


def test_a_user_whom_the_registry_does_not_have_is_not_called(
    control: Control, connection: psycopg.Connection[Any]
) -> None:
    registry = Registry.of(reader.read(ldif.read_file(EXAMPLE))[0])
    taking = Control(control.store, (SWITCH,), lambda: registry)
    with pytest.raises(NotFound, match=r"There is no user '9999@alpha\.example' who has a phone now"):
        taking.call(connection, OPERATOR, CallBody(from_="9999@alpha.example", to="1002"))
    for user in ("1001@alpha.example", "1001@of-the-switch.example"):
        assert taking.call(connection, OPERATOR, CallBody(from_=user, to="1002", switch=SWITCH)).kind == "originate"


def test_which_switch_calls(control: Control, connection: psycopg.Connection[Any]) -> None:
    several = Control(control.store, ("freeswitch@other", SWITCH))
    body = CallBody(from_="1001@alpha.example", to="1002")
    assert several.call(connection, DESK, body).switch == SWITCH, "where the user was seen last"
    named = msgspec.structs.replace(body, switch="freeswitch@other")
    assert several.call(connection, OPERATOR, named).switch == "freeswitch@other"
    with pytest.raises(Forbidden, match="switch is for operators"):
        several.call(connection, DESK, named)
    with pytest.raises(NoSwitch, match="There is no switch 'freeswitch@x' here"):
        several.call(connection, OPERATOR, msgspec.structs.replace(body, switch="freeswitch@x"))
    with pytest.raises(NoSwitch, match="was not seen on any of"):
        several.call(connection, DESK, msgspec.structs.replace(body, from_="1099@alpha.example"))
    with pytest.raises(NoSwitch, match="No switch is linked"):
        Control(control.store).call(connection, DESK, body)


def test_members_of_a_conference(control: Control, connection: psycopg.Connection[Any]) -> None:
    first, second = CONFERENCE
    for body, order in (
        (MuteBody(party="1001"), orders.ConferenceMute(room="3001-alpha.example", leg=first)),
        (UnmuteBody(party="1002@alpha.example"), orders.ConferenceUnmute(room="3001-alpha.example", leg=second)),
        (KickBody(leg=second), orders.ConferenceKick(room="3001-alpha.example", leg=second)),
    ):
        asked = control.of_room(connection, DESK, "3001", body)
        assert taken(control, asked).order == order
        assert asked.call_id in CONFERENCE
    for room, who in (("3002", DESK), ("3001", BETAS)):
        with pytest.raises(NotFound, match="nobody in a conference room"):
            control.of_room(connection, who, room, MuteBody(party="1001"))
    with pytest.raises(WhichLeg, match="Say which party"):
        control.of_room(connection, DESK, "3001", MuteBody())
    with pytest.raises(NoLeg, match="'1009' is not in the room"):
        control.of_room(connection, DESK, "3001", MuteBody(party="1009"))
    with pytest.raises(BadOrder, match="room: "):
        control.of_room(connection, DESK, "3001 kick all", MuteBody(party="1001"))


def test_the_same_question_under_the_same_key_is_one_command(ask: Ask, control: Control) -> None:
    first = ask(TALK, HangupBody(party="1002"), key="k1")
    again = ask(TALK, HangupBody(party="1002"), key="k1")
    assert (again.command_id, again.replayed) == (first.command_id, True)
    with pytest.raises(KeyReused):
        ask(TALK, HangupBody(party="1001"), key="k1")
    with pytest.raises(KeyReused):
        ask(HELD, HangupBody(party="1002"), key="k1")
    with pytest.raises(KeyReused):
        ask(TALK, HoldBody(party="1002"), key="k1")
    assert ask(TALK, HangupBody(party="1002"), OPERATOR, key="k1").command_id != first.command_id
    for key in ("", "a b", "é", "x" * 256, "a\n"):
        with pytest.raises(BadArgument, match="Idempotency-Key"):
            ask(TALK, HangupBody(), key=key)


def test_a_key_answers_also_when_the_call_is_gone(
    ask: Ask, control: Control, connection: psycopg.Connection[Any]
) -> None:
    recorded = ask(TALK, RecordBody(action="start"), key="k2")
    assert ask(TALK, RecordBody(action="start"), key="k2").command_id == recorded.command_id, "the name is made anew"
    connection.execute("BEGIN")
    connection.execute("UPDATE calls.call SET document = jsonb_set(document::jsonb, '{state}', '\"complete\"')::json")
    with pytest.raises(CallEnded):
        ask(TALK, RecordBody(action="start"))
    assert ask(TALK, RecordBody(action="start"), key="k2").replayed
    connection.execute("ROLLBACK")


def test_every_command_is_tried_here() -> None:
    tried = {
        HangupBody, TransferBody, CompleteBody, CancelBody, ConferenceBody, HoldBody, ResumeBody, ParkBody, PickupBody,
        EavesdropBody, RecordBody, DtmfBody, MessageBody,
    }  # fmt: skip
    assert tried == set(CALL_VERBS.values())
