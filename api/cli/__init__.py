"""The command line `harmony`: one file a group of commands, each a thin layer over the packages below."""

from api.cli.main import main

__all__ = ["main"]
