"""Who asks: what every route and stream knows of the bearer of a token. How tokens are kept is not in here.

A principal of a tenant sees what belongs to that tenant and nothing else, and of that what his role allows (`reach`);
one without a tenant is an operator of the installation and sees everything.
"""

from collections.abc import Collection
from typing import Literal, cast, get_args

import msgspec
from starlette.requests import HTTPConnection

from api.errors import Forbidden
from core.reach import Reach
from core.registry.entries import Role
from core.roles import ROLES, Standing

Scope = Literal["read", "subscribe", "control", "operate"]
"""read: queries; subscribe: streams and webhooks; control: commands to calls; operate: the installation itself"""
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


class Principal(msgspec.Struct, frozen=True):
    name: str
    """shown in what is recorded of commands and operator actions"""
    tenant: str | None = None
    """None: of the installation, and so of all tenants"""
    scopes: frozenset[Scope] = SCOPES
    standing: Standing | None = None
    """of a person; None: the token is for all of its company, or of the installation"""

    @property
    def role(self) -> Role:
        """What its bearer is."""
        if self.standing is not None:
            return self.standing.role
        return "operator" if self.tenant is None else "company-admin"

    @property
    def user(self) -> str | None:
        """The user who it is, 1001@alpha.example; None: nobody."""
        return None if self.standing is None else self.standing.user

    @property
    def reach(self) -> Reach | None:
        """The calls that may be shown, of those that `tenant` allows; None: all."""
        return None if self.standing is None else self.standing.reach

    def limited(self, tenant: str | None) -> str | None:
        """The company to which a question is limited that names one (None: all); raises `Forbidden` for another's."""
        if self.tenant is not None and tenant not in (None, self.tenant):
            raise Forbidden(f"The token of {self.name!r} is for {self.tenant} alone: leave tenant out.")
        return tenant if self.tenant is None else self.tenant

    def sees(self, tenant: str | None) -> bool:
        """Whether what belongs to this tenant (None: to nobody) may be shown."""
        return self.tenant is None or self.tenant == tenant

    def require(self, scope: Scope, roles: Collection[Role] = ROLES) -> None:
        """Raises `Forbidden` without the scope or the role, and where it takes an operator and it is none."""
        if self.role not in roles:
            raise Forbidden(f"This is not for {self.name!r}, whose role is {self.role}: ask an admin of the company.")
        if scope not in self.scopes:
            raise Forbidden(f"The token of {self.name!r} has no scope {scope!r}: ask for one that has.")
        if scope == "operate" and self.tenant is not None:
            raise Forbidden("This concerns the whole installation: it is for its operators, not for one company.")


COMPANY: frozenset[Role] = frozenset({"company-admin", "operator"})
"""who has all of a company"""
OPERATOR = Principal("operator")
"""the bearer of the token of `harmony run`, and whoever uses the command line on this machine"""


def principal_of(connection: HTTPConnection) -> Principal:
    """Whose request it is; raises `Forbidden` where it is nobody's. What he may do was checked at the door."""
    found = cast("Principal | None", connection.scope.get("principal"))
    if found is None:
        raise Forbidden("This needs an access token.")
    return found
