"""Fixtures of companies that share one installation."""

from tests.api.access.test_isolation import houses, place
from tests.api.hooks.conftest import hooks, receive

__all__ = ["hooks", "houses", "place", "receive"]
