"""Secrets: the same from the same key, different from any other, and verified by a foreign library."""

import stat
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as ForeignVerifier

from api.hooks.secrets import FILE, KeyTrouble, Secrets, headers, opened, signed

ENDPOINT = UUID("00000000-0000-4000-8000-000000000001")


@pytest.mark.pure
def test_the_vector_of_standard_webhooks() -> None:
    """The example of the specification's libraries: the same secret, id, time and body give the same signature."""
    import base64

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.pure
@given(st.text(max_size=200), st.integers(1, 50))
def test_the_foreign_library_verifies(text: str, generation: int) -> None:
    secrets, body = Secrets(b"k" * 32), text.encode("utf-8", "replace")
    sent = headers([secrets.secret(ENDPOINT, generation)], "an-id", int(time.time()), body)
    ForeignVerifier(secrets.shown(ENDPOINT, generation)).verify(body, sent, json_parse=False)


@pytest.mark.pure
def test_each_endpoint_generation_and_key_has_its_own() -> None:
    shown = {
        Secrets(key).shown(endpoint, generation)
        for key in (b"a" * 32, b"b" * 32)
        for endpoint in (ENDPOINT, uuid4())
        for generation in (1, 2)
    }
    assert len(shown) == 8
    assert all(one.startswith("whsec_") and len(one) == 50 for one in shown)


@pytest.mark.database
def test_the_key_is_made_once_and_its_owners_alone(tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    first, again = opened(tmp_path / "new", connection), opened(tmp_path / "new", connection)
    assert first.shown(ENDPOINT, 1) == again.shown(ENDPOINT, 1)
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]


@pytest.mark.database
def test_the_key_of_another_machine_is_refused(tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    opened(tmp_path / "one", connection)
    with pytest.raises(KeyTrouble, match=r"copy webhook\.key"):
        opened(tmp_path / "other", connection)
    (tmp_path / "one" / FILE).write_text("xyz")
    with pytest.raises(KeyTrouble, match="restore it from a back-up"):
        opened(tmp_path / "one", connection)
