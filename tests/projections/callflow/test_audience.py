"""Whom the events of a call concern: everybody and every queue that took part, under each name."""

import json

import pytest

from projections.callflow import render
from projections.callflow.audience import audience, audience_of, with_domain
from tests.projections.callflow.facts import Story, talk

pytestmark = pytest.mark.pure


def test_everybody_who_took_part_is_concerned_with_and_without_domain() -> None:
    concerned = audience(talk().call())
    assert {"1001", "1001@alpha.example", "1002", "1002@alpha.example"} <= set(concerned.parties)
    assert set(concerned.users) == {"1001@alpha.example", "1002@alpha.example"}


def test_who_has_left_is_still_concerned() -> None:
    story = talk().ends(3, "b", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1003")
    story.rings(3.2, "c", "1003", "a").answers(5, "c").bridged(5, "a", "c")
    assert {"1002@alpha.example", "1003@alpha.example"} <= set(audience(story.call()).users)


def test_nobody_is_a_user_by_the_number_that_he_shows() -> None:
    concerned = audience(Story().outsider(0, "a", "1002", "+49305550").call())
    assert "1002" in concerned.parties
    assert concerned.users == ()


def test_a_queue_is_concerned_with_and_without_domain() -> None:
    story = Story().outsider(0, "a", "+491701234567", "+49305550").answers(0, "a")
    call = story.tell(1, "queue", "a", action="enter", queue="support@alpha.example").call()
    assert set(audience(call).queues) == {"support", "support@alpha.example"}


def test_a_stored_document_concerns_the_same() -> None:
    call = talk().call()
    document = render(call)
    assert json.loads(document)["call_id"] == call.call_id
    assert audience_of(document) == audience(call, call.aliases)


@pytest.mark.parametrize(
    ("name", "domain", "names"),
    [
        ("1001", "alpha.example", ("1001", "1001@alpha.example")),
        ("1001@beta.example", "alpha.example", ("1001", "1001@beta.example")),
        ("1001", None, ("1001",)),
        ("@alpha.example", "alpha.example", ("@alpha.example",)),
    ],
)
def test_a_name_stands_alone_and_with_its_own_domain(name: str, domain: str | None, names: tuple[str, ...]) -> None:
    assert with_domain(name, domain) == names
