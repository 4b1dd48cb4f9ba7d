"""Calls that the captures do not have, recorded on a real switch with real SIP phones: the same rules hold for them."""

from collections.abc import Callable

import pytest

from tests.projections.callflow.folding import SCENARIOS, check, events_of, fold_pages

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("name", sorted(path.name for path in SCENARIOS.iterdir() if path.is_dir()))
def test_what_comes_out_is_what_happened(name: str, record_property: Callable[[str, object], None]) -> None:
    events = events_of(name, SCENARIOS)
    pages = [events[at : at + 25] for at in range(0, len(events), 25)]
    verdict = check(name, fold_pages(pages, restart=True), SCENARIOS)
    record_property("recorded call", verdict)
    assert verdict == f"{name}: OK"


@pytest.mark.parametrize(("name", "mode"), [("50k-whisper-by-command", "whisper"), ("50l-barge-by-command", "barge")])
def test_how_somebody_listens_in_is_told(name: str, mode: str) -> None:
    calls = fold_pages([events_of(name, SCENARIOS)]).calls.values()
    assert [one.detail["mode"] for call in calls for one in call.segments if one.kind == "monitor"] == [mode]
