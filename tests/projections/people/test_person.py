"""The lamp of a person by rule: what his phone does, then what he has set, then whether it is registered."""

import msgspec
import pytest

from core.registry.entries import Did, RingGroup, Tenant, User
from core.registry.snapshot import Company
from projections.people.doing import Doing, Other
from projections.people.person import Card, Settings, cards, person
from projections.people.registration import UNKNOWN, Break, Registration, Standing, heard_since, standing

pytestmark = pytest.mark.pure
SECOND = 1_000_000
HOUR = 3600 * SECOND
NOW = 100 * HOUR
CARD = Card("1001@alpha.example", "Alice", "1001", [], [], Settings())
HERE, AWAY = Standing(True, 5), Standing(False, NOW - HOUR)
TALK = Doing("talking", "2026-11-23T10:00:00Z", "c1", (Other("1002", "1002@alpha.example"),))
RING = Doing("ringing", "2026-11-23T10:00:01Z", "c2", (Other("+49301", None, "Huber"),))


def registration(**more: object) -> Registration:
    given = {
        "number": 1,
        "switch": "freeswitch@pbx1",
        "user": CARD.user,
        "user_agent": None,
        "registered_at": NOW - HOUR,
        "renewed_at": NOW - 60 * SECOND,
        "expires_seconds": 600,
        "ended_at": None,
    }
    return msgspec.convert(given | more, Registration)


@pytest.mark.parametrize(
    ("doing", "settings", "phones", "state"),
    [
        ([], Settings(), HERE, "free"),
        ([], Settings(), UNKNOWN, "unknown"),
        ([], Settings(), AWAY, "not_registered"),
        ([], Settings(do_not_disturb=True), AWAY, "do_not_disturb"),
        ([], Settings(forward_always="1005"), HERE, "away"),
        ([], Settings(do_not_disturb=True, forward_always="1005"), HERE, "do_not_disturb"),
        ([RING], Settings(do_not_disturb=True), HERE, "ringing"),
        ([RING, TALK], Settings(forward_always="1005"), UNKNOWN, "talking"),
        ([], Settings(do_not_disturb=None), HERE, "free"),
    ],
)
def test_what_a_lamp_says(doing: list[Doing], settings: Settings, phones: Standing, state: str) -> None:
    assert person(CARD, doing, phones, {}, settings).state == state


def test_with_whom_is_for_those_who_may_know() -> None:
    whole = person(CARD, [RING, TALK], HERE, {"1002@alpha.example": "Bob"}, Settings(forward_always="+4917"))
    assert [(one.party, one.name) for one in whole.with_] == [("1002", "Bob")]
    assert (whole.call_id, whole.since, whole.forwarded_to) == ("c1", TALK.since, "+4917")
    plain = whole.plain()
    assert (plain.state, plain.since) == (whole.state, whole.since)
    assert (plain.with_, plain.call_id, plain.forwarded_to) == ([], None, None)
    assert whole.to_pick_up() == plain
    rings = person(CARD, [RING], HERE)
    assert [(one.party, one.name) for one in rings.with_] == [("+49301", "Huber")]
    assert rings.to_pick_up() == msgspec.structs.replace(rings.plain(), call_id="c2")


def test_a_registration_lasts_until_it_is_told_or_nobody_renews_it() -> None:
    assert standing([registration()], None, NOW) == Standing(True, NOW - HOUR, (registration(),))
    late = registration(renewed_at=NOW - 2 * HOUR)
    assert standing([late], None, NOW) == UNKNOWN
    assert standing([late], NOW - 3 * HOUR, NOW) == Standing(False, late.due)
    ended = registration(ended_at=NOW - 5 * SECOND)
    assert standing([ended, registration(number=2)], None, NOW).registered is True
    assert standing([ended], NOW - HOUR, NOW) == Standing(False, NOW - 5 * SECOND)


def test_silence_says_something_only_after_every_phone_would_have_spoken() -> None:
    assert standing([], None, NOW) == UNKNOWN
    assert standing([], NOW - HOUR, NOW) == UNKNOWN
    assert standing([], NOW - 2 * HOUR, NOW) == Standing(False)
    # Another phone of his may have registered before anybody listened.
    assert standing([registration(ended_at=NOW - SECOND)], NOW - 300 * SECOND, NOW) == UNKNOWN


def test_a_switch_that_is_lost_makes_nothing_known() -> None:
    joined, lost = Break("a", "switch.link_up", NOW - HOUR), Break("b", "switch.link_down", NOW - SECOND)
    assert heard_since([joined], NOW) == NOW - HOUR
    assert heard_since([joined, Break("b", "switch.gap", NOW - 9 * SECOND)], NOW) == NOW - 9 * SECOND
    assert heard_since([joined, lost], NOW) is None
    assert heard_since([joined, msgspec.structs.replace(lost, at=NOW - 200 * HOUR)], NOW) == NOW - HOUR
    assert heard_since([], NOW) is None


def test_a_person_has_his_numbers_and_groups() -> None:
    domain = "alpha.example"
    users = [User(tenant=domain, user=name, name=name, pickup_groups=("desk",)) for name in ("1002", "999", "1001")]
    gone = User(tenant=domain, user="1009", name="Gone", enabled=False)
    group = RingGroup(tenant=domain, number="2000", name="sales", members=("1001", "1009"))
    did = Did(tenant=domain, number="+49301001", target="1001")
    made = cards(Company(Tenant(domain=domain, name="Alpha"), [*users, gone, group, did]))
    assert list(made) == ["999@alpha.example", "1001@alpha.example", "1002@alpha.example"]
    assert made["1001@alpha.example"].groups == ["desk", "sales"]
    assert made["1001@alpha.example"].numbers == ["+49301001"]
