"""Filters as text, made into what the read side asks."""

from datetime import UTC, datetime

import pytest

from api.errors import BadArgument
from api.words.filters import FILTERS, call_filter
from projections.query import CallFilter

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_filter_of_the_read_side_can_be_asked_for() -> None:
    # Whose calls somebody may see is nothing that he asks for.
    assert {item.name for item in FILTERS} == set(CallFilter.__struct_fields__) - {"reach"}


def test_texts_become_values() -> None:
    asked = call_filter(
        {"number": "1002", "has_transfer": "", "live": "false", "min_duration": "2.5", "since": "today", "user": None},
        "Europe/Berlin",
        NOW,
    )
    midnight = int(datetime(2026, 11, 22, 23, tzinfo=UTC).timestamp()) * 1_000_000
    assert asked == CallFilter(number="1002", has_transfer=True, live=False, min_duration=2.5, since=midnight)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("direction", "sideways"),
        ("outcome", ""),
        ("live", "maybe"),
        ("min_duration", "-1"),
        ("max_duration", "inf"),
        ("max_duration", "long"),
        ("until", "never"),
    ],
)
def test_what_is_wrong_names_the_filter(name: str, text: str) -> None:
    with pytest.raises(BadArgument, match=f"^{name}: "):
        call_filter({name: text}, None, NOW)
