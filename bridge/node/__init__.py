"""A hidden Erlang node in asyncio."""

from bridge.node.link import Link
from bridge.node.mailbox import Envelope, Mailbox
from bridge.node.node import Node
from core.following.backoff import Backoff

__all__ = ["Backoff", "Envelope", "Link", "Mailbox", "Node"]
