"""A mailbox of the emulated switch, asked as a real one is, and read by what reads a real one."""

import pytest

from api.voicemail.listed import listed
from bridge.control.mailboxes import question
from core.commands.mailboxes import Asked
from core.commands.orders import BadOrder
from tests.bridge.emulator.stage import Stage

pytestmark = pytest.mark.pure
BOX = "1005@alpha.example"


def test_a_message_is_left_listed_marked_and_deleted() -> None:
    stage = Stage("1001", "1005")

    def asked(asked: Asked) -> str:
        ask = question(asked)
        return stage.done(ask.command, ask.argument)

    stage.phones["1001"].dial("1005")
    stage.wait(28)
    stage.put_down("1001")
    stage.wait(1)
    (one,) = listed(asked(Asked("list", BOX)), "1005", "alpha.example")
    assert (one.number, one.read, one.seconds > 0) == ("1001", False, True)
    assert asked(Asked("read", BOX, one.message)) == "+OK\n"
    assert [m.read for m in listed(asked(Asked("list", BOX)), "1005", "alpha.example")] == [True]
    assert asked(Asked("delete", BOX, one.message)) == "+OK\n"
    assert asked(Asked("list", BOX)) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        Asked("delete", BOX),
        Asked("read", BOX, ""),
        Asked("delete", BOX, "a b"),
        Asked("list", "1005"),
        Asked("list", "1005@alpha.example xml"),
        Asked("unread", BOX, "all"),
    ],
)
def test_what_would_mean_more_than_one_message_never_reaches_a_switch(wrong: Asked) -> None:
    with pytest.raises(BadOrder):
        question(wrong)
