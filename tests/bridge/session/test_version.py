"""Which FreeSWITCH it is, and what follows from it."""

import pytest

from bridge.session.version import fell_at_once, remark, runs_dry, version_of

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("FreeSWITCH (Version 1.10.12 -release 64bit) is ready", "1.10.12"),
        ("FreeSWITCH (Version 1.10.12-release git a88d069 2024-08-02 21:02:27Z 64bit) is ready", "1.10.12-release"),
        ("FreeSWITCH (Version 1.11.3-dev git cc93a68 2026-08-21 14:10:14Z 64bit) is ready", "1.11.3-dev"),
        ("FreeSWITCH (Version 1.6.20~64bit) is ready", "1.6.20~64bit"),
        ("-ERR no reply", None),
    ],
)
def test_the_version_is_read_from_status(line: str, version: str | None) -> None:
    assert version_of(f"UP 0 years, 0 days\n{line}\n7 session(s) since startup\n") == version


@pytest.mark.parametrize(
    ("version", "dry"),
    [
        ("1.6.20", True),
        ("1.10.12-release", True),
        ("1.11.0", True),
        ("1.11.1-dev", True),
        ("1.11.1", False),
        ("1.11.1-release", False),
        ("1.11.3-dev", False),
        ("1.12.0", False),
        ("2.0.0", False),
        ("eleven", True),
        (None, True),
    ],
)
def test_links_to_switches_before_1_11_1_are_supplied(version: str | None, dry: bool) -> None:
    assert runs_dry(version) is dry
    said = remark(version)
    assert (said is not None) is dry
    assert said is None or version is None or version in said


def test_a_link_that_fell_at_its_first_events_is_told_so() -> None:
    assert fell_at_once("freeswitch@pbx", 0.0123, False).startswith(
        "The link to freeswitch@pbx ended 12 ms after its first events, as mod_erlang_event does"
    )
    assert "listener exit" in fell_at_once("freeswitch@pbx", 0.5, True)
