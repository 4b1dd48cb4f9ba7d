"""Who asks: what every route and stream knows of the bearer of a token. How tokens are kept is not in here.

A principal of a tenant sees what belongs to that tenant and nothing else; one without a tenant is an operator of the
installation and sees everything.
"""

from typing import Literal, cast, get_args

import msgspec
from starlette.requests import HTTPConnection

from api.errors import Forbidden

Scope = Literal["read", "subscribe", "control", "operate"]
"""read: queries; subscribe: streams and webhooks; control: commands to calls; operate: the installation itself"""
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


class Principal(msgspec.Struct, frozen=True):
    name: str
    """shown in what is recorded of commands and operator actions"""
    tenant: str | None = None
    """None: of the installation, and so of all tenants"""
    scopes: frozenset[Scope] = SCOPES

    def limited(self, tenant: str | None) -> str | None:
        """The company to which a question is limited that names one (None: all); raises `Forbidden` for another's."""
        if self.tenant is not None and tenant not in (None, self.tenant):
            raise Forbidden(f"The token of {self.name!r} is for {self.tenant} alone: leave tenant out.")
        return tenant if self.tenant is None else self.tenant

    def sees(self, tenant: str | None) -> bool:
        """Whether what belongs to this tenant (None: to nobody) may be shown."""
        return self.tenant is None or self.tenant == tenant

    def require(self, scope: Scope) -> None:
        """Raises `Forbidden` without the scope, and for a company's token where the whole installation is concerned."""
        if scope not in self.scopes:
            raise Forbidden(f"The token of {self.name!r} has no scope {scope!r}: ask for one that has.")
        if scope == "operate" and self.tenant is not None:
            raise Forbidden("This concerns the whole installation: it is for its operators, not for one company.")


OPERATOR = Principal("operator")
"""the bearer of the token of `harmony run`, and whoever uses the command line on this machine"""


def principal_of(connection: HTTPConnection) -> Principal:
    """Whose request it is; raises `Forbidden` where it is nobody's. What he may do was checked at the door."""
    found = cast("Principal | None", connection.scope.get("principal"))
    if found is None:
        raise Forbidden("This needs an access token.")
    return found
