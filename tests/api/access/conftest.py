"""Fixtures of companies that share one installation."""

from tests.api.hooks.conftest import hooks, receive

__all__ = ["hooks", "receive"]
