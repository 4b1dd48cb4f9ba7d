"""Queues, conference rooms and menus, as the switch is told."""

import pytest

from tests.bridge.fetch.asked import configuration, nothing

pytestmark = pytest.mark.pure


def test_queues_and_agents_of_all_companies_are_apart() -> None:
    section = configuration("callcenter.conf")
    assert [one.get("name") for one in section.iter("queue")] == ["support@alpha.example", "support@beta.example"]
    tiers = [(one.get("agent"), one.get("queue")) for one in section.iter("tier")]
    assert ("1003@alpha.example", "support@alpha.example") in tiers
    assert ("1003@beta.example", "support@beta.example") in tiers
    assert len({one.get("name") for one in section.iter("agent")}) == 4
    assert all((a or "").partition("@")[2] == (q or "").partition("@")[2] for a, q in tiers)


def test_one_queue_when_one_is_asked_for() -> None:
    section = configuration("callcenter.conf", **{"CC-Queue": "support@beta.example"})
    assert [one.get("name") for one in section.iter("queue")] == ["support@beta.example"]
    assert {one.get("name") for one in section.iter("agent")} == {"1002@beta.example", "1003@beta.example"}


def test_a_menu_leads_into_its_own_company() -> None:
    section = configuration("ivr.conf", **{"Menu-Name": "main@beta.example"})
    (menu,) = section.iter("menu")
    assert menu.get("name") == "main@beta.example"
    assert menu.get("digit-len") == "1"
    assert {one.get("param") for one in menu.iter("entry")} >= {"transfer 1001 XML beta.example"}


def test_a_room_has_a_profile() -> None:
    section = configuration("conference.conf", conference_name="3001-alpha.example", profile_name="default")
    (profile,) = section.iter("profile")
    assert {one.get("name"): one.get("value") for one in profile.iter("param")}["domain"] == "alpha.example"


def test_other_files_are_the_switchs() -> None:
    for name in ("acl.conf", "sofia.conf", "loopback.conf", ""):
        assert nothing(configuration(name))
