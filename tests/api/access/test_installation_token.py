"""The token: made once, never readable again."""

from pathlib import Path

import pytest

from api.access import installation_token

pytestmark = pytest.mark.pure


def test_a_token_is_made_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = installation_token.ensure(data)
    assert made is not None
    assert len(made) > 40
    assert installation_token.ensure(data) is None
    kept = data / installation_token.FILE
    assert made not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert installation_token.accepts(data, made)


@pytest.mark.parametrize("wrong", ["", "x", "ü", "\udcff", "a" * 100_000])
def test_others_are_refused(tmp_path: Path, wrong: str) -> None:
    installation_token.ensure(tmp_path)
    assert not installation_token.accepts(tmp_path, wrong)


def test_a_new_one_replaces_the_old_at_once(tmp_path: Path) -> None:
    old = installation_token.ensure(tmp_path)
    new = installation_token.ensure(tmp_path, anew=True)
    assert old
    assert new
    assert not installation_token.accepts(tmp_path, old)
    assert installation_token.accepts(tmp_path, new)


def test_without_a_file_or_with_an_odd_one_nobody_is_let_in(tmp_path: Path) -> None:
    assert not installation_token.accepts(tmp_path, "")
    (tmp_path / installation_token.FILE).write_bytes(b"")
    assert not installation_token.accepts(tmp_path, "")
    (tmp_path / installation_token.FILE).write_bytes(b"\xff\xfe")
    assert not installation_token.accepts(tmp_path, "x")
