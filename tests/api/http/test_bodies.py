"""Bodies that no route takes are refused, however they are made."""

import msgspec
import pytest

from api.http.bodies import decoded

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("text", [b"[" * 30_000, b"[" * 1100 + b"]" * 1100, b'{"a":' * 1100 + b"1" + b"}" * 1100])
def test_json_that_is_nested_too_deeply_is_no_error_of_ours(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decoded(text, dict)
