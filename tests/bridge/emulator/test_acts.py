"""Each act of the emulated switch, event by event against a recording of the same act: names, order, headers."""

import pytest

from tests.bridge.emulator.stage import DOMAIN, Stage, differences, recorded

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
