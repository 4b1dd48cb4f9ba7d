"""/provision/{secret}/{file}: what phones fetch, without a token: the secret in the address is for one phone.

How often one may ask is limited for each address that asks, for each secret (and so each phone that has one), and for
each MAC of those who are refused: nobody keeps a phone from its settings by asking wrongly in its name.
"""

from starlette.requests import Request
from starlette.responses import Response

from api.errors import Unavailable
from api.http.problems import Problem
from api.http.services import services_of
from api.provision.files import phone_file
from api.provision.handing import Handed, NoFile, hand

LONGEST = 200
"""characters of a secret, or of a file's name"""


async def file(request: Request) -> Response:
    services = services_of(request)
    desk, registry = services.desk, services.registry
    address = request.client.host if request.client is not None else "unknown"
    secret, name = request.path_params["secret"], request.path_params["file"]
    named = phone_file(name) if len(name) <= LONGEST else None
    mac = named.mac if named is not None else None
    if wait := desk.askers.take(address) or desk.phones.take(secret[:LONGEST]):
        desk.refusals.note("rate", address, mac)
        return _later(wait)
    if registry.absent:
        raise Unavailable("There is no registry here, and so no phones.")

    given = await services.with_connection(
        lambda connection: hand(connection, registry, secret[:LONGEST], named, desk.base)
    )
    if isinstance(given, Handed):
        return Response(given.content, headers={"Content-Type": given.kind})
    desk.refusals.note(given, address, mac)
    if wait := desk.strangers.take(mac or ""):
        return _later(wait)
    raise NoFile("There is no such file for whoever asks.")


def _later(seconds: int) -> Response:
    headers = {"Retry-After": str(seconds)}
    return Problem(429, "provision.too_many", "Too many requests: ask again later.", headers)
