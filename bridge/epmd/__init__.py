"""epmd, the port mapper of Erlang nodes: a client, and a small server for hosts where none runs."""

from bridge.epmd.client import Registration, environment_address, environment_port, lookup, names, register
from bridge.epmd.protocol import HIDDEN_NODE, NORMAL_NODE, Registered
from bridge.epmd.server import EpmdServer

__all__ = [
    "HIDDEN_NODE",
    "NORMAL_NODE",
    "EpmdServer",
    "Registered",
    "Registration",
    "environment_address",
    "environment_port",
    "lookup",
    "names",
    "register",
]
