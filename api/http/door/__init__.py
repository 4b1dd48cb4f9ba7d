"""What stands before the application: how much, how long and from how many anything is taken off the network.

Nothing in here knows of routes or tokens; a stranger must not be able to hold the server before he is known to be one.
The numbers stand in `bounds`; docs/explanation/security.md says what each is for.
"""

from api.http.door.bounds import BACKLOG, Bounds, bounds_of
from api.http.door.places import Places
from api.http.door.protocol import http_protocol
from api.http.door.sockets import no_refusal, socket_protocol

__all__ = ["BACKLOG", "Bounds", "Places", "bounds_of", "http_protocol", "no_refusal", "socket_protocol"]
