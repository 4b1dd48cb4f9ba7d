"""Reading what `vm_list` tells: names and paths with colons in them, and lines of nobody's."""

import pytest

from api.voicemail.listed import listed

pytestmark = pytest.mark.pure
ONE, TWO = "5f0cd8f2-7f4b-4bb6-9a52-0a1d2b3c4d5e", "6a0cd8f2-7f4b-4bb6-9a52-0a1d2b3c4d5e"


def test_messages_are_read_the_newest_first() -> None:
    told = (
        f"1795790000:0:1002:alpha.example:inbox:/vm/1002/msg_{ONE}.wav:{ONE}:Maria: Huber:+49170:12\n"
        f"1795790100:1795790200:1002:alpha.example:inbox:/vm/a:b.wav:{TWO}::anonymous:3\n"
    )
    new, old = reversed(listed(told, "1002", "Alpha.example"))
    assert (new.message, new.name, new.number, new.seconds, new.read) == (ONE, "Maria: Huber", "+49170", 12, False)
    assert new.path == f"/vm/1002/msg_{ONE}.wav"
    assert (old.message, old.name, old.read, old.path) == (TWO, "", True, "/vm/a:b.wav")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "-ERR can't find user or profile.",
        f"1795790000:0:1003:alpha.example:inbox:/vm/x.wav:{ONE}:A:1:2",
        f"1795790000:0:1002:beta.example:inbox:/vm/x.wav:{ONE}:A:1:2",
        "1795790000:0:1002:alpha.example:inbox:/vm/x.wav:no-uuid:A:1:2",
    ],
)
def test_what_is_no_message_of_the_box_is_none(line: str) -> None:
    assert listed(line, "1002", "alpha.example") == []
