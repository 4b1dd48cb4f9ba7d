"""Each act of the emulated switch, event by event against a recording of the same act: names, order, headers."""

import wave
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from bridge.emulator.exchange import Manner
from bridge.emulator.exchange.outside import call_in, leave
from bridge.emulator.sound import write
from projections.callflow import Call
from tests.bridge.emulator.stage import DOMAIN, Stage, acts, centre, differences, only, recorded
from tests.bridge.test_wire_to_calls import logged
from tests.projections.callflow.folding import fold_all

pytestmark = pytest.mark.pure


def test_click_to_call_and_the_caller_hangs_up() -> None:
    stage = Stage("1001", "1002")
    string = "{origination_caller_id_name=Click,origination_caller_id_number=1002}user/1001@alpha.example"
    answered = stage.command("originate", f"{string} 1002 XML {DOMAIN}")
    stage.wait(1)
    stage.lift("1001")
    stage.wait(1)
    assert answered() == f"+OK {stage.leg('1001')}\n"
    stage.lift("1002")
    stage.wait(2)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("34-click-to-call")) == []


def test_a_call_is_answered_and_the_callee_hangs_up() -> None:
    stage = Stage("1001", "1002", late=True)
    stage.phones["1001"].dial("1002")
    stage.wait(1)
    stage.lift("1002")
    stage.wait(2)
    stage.put_down("1002")
    stage.wait(1)
    assert differences(stage.told, recorded("02-answered-callee-hangs-up")) == []


def test_hold_and_back_by_command() -> None:
    stage = Stage("1001", "1002")
    stage.phones["1001"].dial("1002")
    stage.wait(0.5)
    stage.lift("1002")
    stage.wait(1)
    held = stage.command("uuid_hold", stage.leg("1002"))
    stage.wait(1)
    back = stage.command("uuid_hold", f"off {stage.leg('1002')}")
    stage.wait(1)
    assert (held(), back()) == ("+OK Success\n", "+OK Success\n")
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("50f-hold-by-command")) == []


def talking(*users: str, late: bool = False) -> Stage:
    """1001 talks with 1002, whom it called."""
    stage = Stage("1001", "1002", *users, late=late)
    stage.phones["1001"].dial("1002")
    stage.wait(0.5)
    stage.lift("1002")
    stage.wait(1)
    return stage


def test_blind_transfer_of_the_caller_by_command() -> None:
    stage = talking("1003", late=True)
    assert stage.done("uuid_transfer", f"{stage.leg('1001')} 1003 XML {DOMAIN}") == "+OK\n"
    stage.wait(1)
    stage.lift("1003")
    stage.wait(1)
    assert stage.done("uuid_kill", stage.leg("1001")) == "+OK\n"
    stage.wait(1)
    assert differences(stage.told, recorded("50-cti-uuid-transfer")) == []


def test_blind_transfer_of_the_callee_by_command() -> None:
    stage = talking("1003")
    assert stage.done("uuid_transfer", f"{stage.leg('1001')} -bleg 1003 XML {DOMAIN}") == "+OK\n"
    stage.wait(1)
    stage.lift("1003")
    stage.wait(1)
    stage.put_down("1003")
    stage.wait(1)
    assert differences(stage.told, recorded("50c-uuid-transfer-bleg")) == []


CONSULT = "1a54c706-7463-45a7-be86-3bb454a621da"


def consulting(by: str, other: str, third: str, consult: str) -> Stage:
    """As Harmony begins an attended transfer."""
    stage = talking("1003")
    assert stage.done("uuid_setvar", f"{stage.leg(other)} hold_music silence_stream://-1") == "+OK\n"
    target = f"{{origination_uuid={consult},loopback_bowout=false,loopback_bowout_on_execute=false}}"
    said = stage.done("uuid_broadcast", f"{stage.leg(by)} att_xfer::{target}loopback/{third}/{DOMAIN}/XML")
    assert said == "+OK Message sent\n"
    stage.wait(1)
    stage.lift(third)
    stage.wait(1)
    return stage


def test_attended_transfer_by_command_is_completed() -> None:
    stage = consulting("1002", "1001", "1003", CONSULT)
    assert stage.done("uuid_kill", stage.leg("1002")) == "+OK\n"
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("50g-attended-by-command")) == []


def test_attended_transfer_by_command_is_cancelled() -> None:
    consult = "064fcfd5-80b1-46c8-bb97-1d87474a3bfd"
    stage = consulting("1002", "1001", "1003", consult)
    assert stage.done("uuid_kill", consult) == "+OK\n"
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("50i-attended-by-command-cancelled")) == []


def test_parked_by_command_and_fetched_from_a_phone() -> None:
    stage = talking("1003")
    assert stage.done("uuid_transfer", f"{stage.leg('1001')} 5901 XML {DOMAIN}") == "+OK\n"
    stage.wait(1)
    stage.phones["1003"].dial("5901")
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("50j-park-by-command")) == []


def test_picked_up_by_code() -> None:
    stage = Stage("1001", "1002", "1003", late=True)
    stage.phones["1001"].dial("1002")
    stage.wait(1)
    stage.phones["1003"].dial("*81002").variables["hangup_after_bridge"] = "true"  # as that dialplan said
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("26-pickup")) == []


def test_recorded_by_command() -> None:
    stage = talking(late=True)
    leg = stage.leg("1001")
    path = f"/usr/lib/fs/recordings/36-{leg}.wav"
    assert stage.done("uuid_record", f"{leg} start {path}") == "+OK Success\n"
    stage.wait(2)
    assert stage.done("uuid_record", f"{leg} stop {path}") == "+OK Success\n"
    theirs = acts(recorded("36-recording-start-stop"))
    assert only(acts(stage.told), "A", "RECORD", "MEDIA_BUG") == only(theirs, "A", "RECORD", "MEDIA_BUG")


def test_keys_are_pressed() -> None:
    stage = talking(late=True)
    stage.press("1001", "123")
    stage.wait(1)
    stage.press("1002", "9#")
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    assert differences(stage.told, recorded("37-dtmf-in-call")) == []


def test_a_room_of_three() -> None:
    stage = Stage("1001", "1002", "1003", late=True)
    for user in ("1001", "1002", "1003"):
        stage.phones[user].dial("3001")
        stage.wait(1)
    room = "3001-alpha.example"
    assert stage.done("conference", f"{room} mute uuid={stage.leg('1002')}").startswith("+OK")
    stage.wait(1)
    assert stage.done("conference", f"{room} unmute 2").startswith("+OK")
    stage.wait(1)
    assert stage.done("conference", f"{room} kick 3").startswith("+OK")
    stage.wait(1)
    stage.put_down("1001")
    stage.wait(1)
    stage.put_down("1002")
    stage.wait(1)
    assert differences(stage.told, recorded("27-conference-three-parties")) == []


OUTSIDER, QUEUE = "+491701234567", "+493055540"


def test_a_queue_is_answered() -> None:
    stage = Stage("1003", late=True)
    stage.open_queue("support", "1003")
    call_in(stage.exchange, OUTSIDER, QUEUE)
    stage.wait(1)
    stage.lift("1003")
    stage.wait(2)
    stage.put_down("1003")
    stage.wait(1)
    ours = stage.told[1:]  # behind the agent's coming
    assert differences(ours, recorded("30-queue-answered")) == []
    assert centre(ours) == centre(recorded("30-queue-answered"))


def test_a_queue_is_left() -> None:
    stage = Stage(late=True)
    stage.open_queue("support")
    caller = call_in(stage.exchange, OUTSIDER, QUEUE)
    stage.wait(4)
    leave(stage.exchange, caller)
    stage.wait(1)
    assert differences(stage.told, recorded("31-queue-abandoned")) == []
    assert centre(stage.told) == centre(recorded("31-queue-abandoned"))


def test_an_agent_refuses_and_the_next_is_rung() -> None:
    stage = Stage("1003", "1004")
    stage.open_queue("support", "1003")
    caller = call_in(stage.exchange, OUTSIDER, QUEUE)
    stage.wait(0.5)
    assert stage.done("callcenter_config", f"agent set status 1004@{DOMAIN} 'Available'") == "+OK\n"
    stage.put_down("1003")
    stage.wait(1)
    stage.lift("1004")
    stage.wait(2)
    leave(stage.exchange, caller)
    stage.wait(1)
    assert differences(stage.told, recorded("32c-queue-reject-next")) == []


def test_nobody_answers_and_the_caller_gives_up() -> None:
    stage = Stage("1001", "1002", late=True)
    caller = stage.phones["1001"].dial("1002")
    stage.wait(2)
    stage.put_down("1001")
    stage.wait(1)
    assert not caller.up
    assert differences(stage.told, recorded("06-caller-cancels")) == []


@pytest.mark.parametrize(("does", "cause"), [("busy", "USER_BUSY"), ("reject", "CALL_REJECTED")])
def test_a_phone_is_busy_or_refuses(does: Literal["busy", "reject"], cause: str) -> None:
    stage = Stage("1001", "1002", late=True)
    stage.phones["1002"].manner = Manner(does, least=0.5, most=1)
    stage.phones["1001"].dial("1002")
    stage.wait(2)
    name = {"busy": "04-busy-486", "reject": "05-reject-603"}[does]
    assert acts(stage.told)["B"] == acts(recorded(name))["B"]
    assert {event.get("variable_originate_disposition") for name, event in stage.told} >= {cause}


def test_a_phone_that_talks_is_busy() -> None:
    stage = talking("1003")
    stage.phones["1003"].dial("1002")
    stage.wait(1)
    assert "USER_BUSY" in [event["Hangup-Cause"] for name, event in stage.told if name == "CHANNEL_HANGUP"]
    assert stage.phones["1002"].talking


def test_a_phone_whose_call_is_on_hold_takes_another_and_all_three_meet_in_a_room() -> None:
    stage = talking("1003")
    mine = stage.leg("1002")
    assert stage.done("uuid_hold", mine) == "+OK Success\n"
    stage.phones["1003"].dial("1002")
    stage.wait(1)
    (second,) = (line for line in stage.phones["1002"].lines if line.up and line.uuid != mine)
    stage.exchange.start(stage.phones["1002"].lift(second))
    stage.wait(1)
    assert stage.done("uuid_transfer", f"{second.uuid} -both 3001 XML alpha.example") == "+OK\n"
    stage.wait(1)
    assert stage.done("uuid_transfer", f"{stage.leg('1001')} 3001 XML alpha.example") == "+OK\n"
    stage.wait(1)
    rooms = [one for call in told(stage) for one in call.segments if one.kind == "conference" and one.ended_at is None]
    assert sorted({party for one in rooms for party in one.parties}) == ["1001", "1002", "1003", "conference:3001"]


def test_registered_unregistered_expired() -> None:
    stage = Stage("1001")
    phone = stage.phones["1001"]
    for expires in (300, 0, 1):
        stage.exchange.start(phone.register(expires))
        stage.wait(1)
    assert phone.registered_until == stage.exchange.now + 20_000
    stage.wait(10)
    assert not phone.registered
    began = ["pre_register", "register_attempt"]
    kinds = [*began, "register", *began, "", "unregister", *began, "register", "expire", ""]
    told = [(name.partition("sofia::")[2], event) for name, event in stage.told]
    assert [name for name, _ in told] == kinds
    theirs = {name.partition("sofia::")[2]: event for name, event in recorded("46-registrations")}
    own = {"presence-hosts", "username", "user", "realm", "auth-result", "expires", "status", "contact", "host"}
    for name, event in told:
        if name:
            its = theirs[name]
            assert (own & event.keys(), event.get("status")) == (own & its.keys(), its.get("status")), name


def told(stage: Stage) -> list[Call]:
    """The calls that Harmony tells of what happened, in order of their begin."""
    return sorted(fold_all(logged(stage.terms)).calls.values(), key=lambda call: call.started_at)


def test_picked_up_by_command() -> None:
    stage = Stage("1001", "1002", "1003")
    stage.phones["1001"].dial("1002")
    stage.wait(1)
    rings = stage.leg("1002")
    picked = stage.command("originate", rf"{{ignore_early_media=true}}user/1003@{DOMAIN} &intercept(-bleg\s{rings})")
    stage.wait(0.1)
    stage.lift("1003")
    stage.wait(1)
    assert picked() == f"+OK {stage.leg('1003')}\n"
    stage.put_down("1001")
    stage.wait(1)
    (call,) = told(stage)
    assert (call.answered_by, [str(one.kind) for one in call.transfers]) == ("1003", ["pickup"])
    assert ("1002", "answered_elsewhere") in [(offer.to, str(offer.outcome)) for offer in call.offers]


def test_somebody_listens_in_by_command() -> None:
    stage = talking("1003")
    stage.command("originate", f"{{ignore_early_media=true}}user/1003@{DOMAIN} &eavesdrop({stage.leg('1001')})")
    stage.wait(0.1)
    stage.lift("1003")
    stage.wait(1)
    stage.put_down("1003")
    stage.put_down("1001")
    stage.wait(1)
    talk, monitor = told(stage)
    assert (talk.outcome, monitor.segments[-1].kind) == ("answered", "monitor")


def test_nobody_answers_and_the_mailbox_does() -> None:
    stage = Stage("1001", "1005")
    stage.phones["1001"].dial("1005")
    stage.wait(20)
    stage.put_down("1001")
    stage.wait(1)
    (call,) = told(stage)
    assert (str(call.outcome), call.segments[-1].kind) == ("voicemail", "voicemail")


def test_what_the_switch_says_of_what_cannot_be() -> None:
    stage = talking()
    assert stage.done("uuid_kill", "00000000-0000-0000-0000-000000000000") == "-ERR No such channel!\n"
    assert stage.done("originate", "user/1099@alpha.example &park") == "-ERR SUBSCRIBER_ABSENT\n"
    assert stage.done("originate", "user/1004@alpha.example &park()") == "-ERR USER_NOT_REGISTERED\n"
    assert stage.done("uuid_exists", stage.leg("1001")) == "true"
    assert stage.done("uuid_getvar", f"{stage.leg('1001')} no_such") == "_undef_"
    assert stage.done("conference", "3001-alpha.example mute all") == "-ERR Conference 3001-alpha.example not found\n"


def test_a_phone_is_told_what_to_do() -> None:
    stage = Stage("1001", "1002")
    assert stage.done("emulated_phone", f"1002@{DOMAIN} answer 1 1") == "+OK\n"
    assert stage.done("emulated_phone", f"1001@{DOMAIN} dial 1002").startswith("+OK ")
    stage.wait(2)
    for what in ("hold", "unhold", "press 12#"):
        assert stage.done("emulated_phone", f"1002@{DOMAIN} {what}") == "+OK\n"
        stage.wait(1)
    assert stage.done("emulated_phone", f"1002@{DOMAIN} hangup") == "+OK\n"
    assert stage.done("emulated_phone", f"1002@{DOMAIN} wait") == "+OK\n"
    stage.wait(1)
    (call,) = told(stage)
    assert {"talk", "hold"} <= {segment.kind for segment in call.segments}
    assert call.hangup is not None
    assert call.hangup.by == "1002"
    stage.phones["1001"].dial("1002")
    stage.wait(8)
    assert stage.done("emulated_phone", f"1002@{DOMAIN} lift") == "+OK\n"
    stage.wait(1)
    assert stage.phones["1002"].lines[-1].answered
    assert stage.done("emulated_phone", f"1009@{DOMAIN} busy") == "-ERR No such phone!\n"
    assert stage.done("emulated_phone", f"1002@{DOMAIN} sing").startswith("-USAGE")


def test_attended_transfer_by_the_caller_is_completed() -> None:
    stage = consulting("1001", "1002", "1003", CONSULT)
    assert stage.done("uuid_kill", stage.leg("1001")) == "+OK\n"
    stage.wait(1)
    stage.put_down("1002")
    stage.wait(1)
    assert differences(stage.told, recorded("50h-attended-by-command-of-the-caller")) == []


def test_what_is_recorded_sounds(tmp_path: Path) -> None:
    stage = talking()
    stage.exchange.kept = partial(write, tmp_path)
    leg = stage.leg("1001")
    stage.done("uuid_record", f"{leg} start /recordings/a/b.wav")
    stage.done("uuid_record", f"{leg} start /elsewhere/c.wav")
    stage.wait(5)
    stage.put_down("1001")
    stage.wait(1)
    assert [one.name for one in tmp_path.rglob("*.*")] == ["b.wav"]
    with wave.open(str(tmp_path / "a" / "b.wav")) as sound:
        assert 4.5 < sound.getnframes() / sound.getframerate() < 6
