"""Who hears which recording of a call that he may see."""

import msgspec
import pytest

from api.access.principal import OPERATOR, Principal
from api.recordings.of_call import recorded
from core.registry.entries import Role
from core.roles import Standing

pytestmark = pytest.mark.pure


def person(user: str, role: Role = "user") -> Principal:
    return Principal(f"{user}@a", "a", standing=Standing(role=role, user=f"{user}@a"))


def at(second: int) -> str:
    return f"2026-01-01T10:00:{second:02}.000000Z"


def segment(kind: str, parties: list[str], begin: int, end: int | None, **detail: str) -> dict[str, object]:
    ended = None if end is None else at(end)
    return {"kind": kind, "parties": parties, "started_at": at(begin), "ended_at": ended, "detail": detail}


CALL = msgspec.json.encode(
    {
        "parties": [{"party": name, "user": f"{name}@a"} for name in ("1001", "1002", "1003")],
        "segments": [
            segment("talk", ["1001", "1002"], 0, 10),
            segment("record", ["1001"], 5, 20, file="/r/early.wav"),
            segment("talk", ["1001", "1003"], 12, 30),
            segment("record", ["1001"], 25, None, file="/r/late.wav"),
            segment("record", ["1001"], 26, 27, file=""),
        ],
    }
)


@pytest.mark.parametrize(
    ("who", "hears"),
    [
        (person("1001"), ["early.wav", "late.wav"]),
        (person("1002"), ["early.wav"]),
        (person("1003"), ["early.wav", "late.wav"]),
        (person("1004"), []),
        (person("1004", "supervisor"), ["early.wav", "late.wav"]),
        (Principal("crm", "a"), ["early.wav", "late.wav"]),
        (OPERATOR, ["early.wav", "late.wav"]),
    ],
)
def test_a_user_hears_what_he_was_part_of(who: Principal, hears: list[str]) -> None:
    assert [one.name for one in recorded(CALL, who)] == hears
