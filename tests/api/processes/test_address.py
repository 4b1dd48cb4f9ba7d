"""The socket that HTTP listens on."""

import socket

import pytest

from api.errors import Unavailable
from api.processes.address import listening

pytestmark = pytest.mark.pure


def test_what_is_written_to_a_connection_leaves_at_once() -> None:
    with listening("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_address_is_told_in_a_sentence() -> None:
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port} cannot be used"):
            listening("127.0.0.1", port)
