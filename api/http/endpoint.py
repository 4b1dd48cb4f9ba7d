"""One record an endpoint: what its address is, who may use it, what it takes and answers, and who does the work.

Everything else is made of these records: the routes, the check at the door, the refusal of other methods and of unknown
parameters, the OpenAPI document, and what is recorded of operators' looks. A handler checks none of this again.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api.access.principal import Principal, Scope
from api.errors import ApiError, BadArgument, Forbidden
from api.http.openapi.parts import Schema
from api.http.shares import Share
from core.registry.entries import Role
from core.roles import ROLES

Method = Literal["get", "post", "put", "patch", "delete", "websocket"]
Access = Scope | Literal["open", "token"]
"""the scope that a token must have; `token`: any good token will do; `open`: none is needed"""
Shows = Literal["nothing", "thing", "companies"]
"""Whose data a good answer holds, so that an operator's look at a company is recorded: nobody's; that of the thing
which the address names, and whose it is gets looked up; of the companies that the answer names (`Answer.tenants`)"""
Handler = Callable[[Request], Awaitable[Response]] | Callable[[WebSocket], Awaitable[None]]


class Takes(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body of a request."""

    kind: type[msgspec.Struct]
    longest: int = 65_536
    """bytes"""
    optional: bool = False
    """whether no body at all means one without values"""
    strict: bool = False
    """whether what says that it is something else than JSON is refused; `curl -d` says so"""
    example: str | None = None
    """where the decoder's own words could repeat a secret: what is said instead of them"""
    too_long: type[ApiError] = BadArgument
    wrong: type[ApiError] = BadArgument
    """the error for JSON that has not the shape of `kind`"""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One method of one path."""

    name: str
    """the operation's id: the thing and what is done with it, such as webhooks_create"""
    method: Method
    path: str
    """as Starlette has it: {call_id:any}"""
    says: str
    """one line, without a full stop"""
    scope: Access
    roles: frozenset[Role] = frozenset(ROLES)
    """who may use it; what of a company each of them gets there is `Principal.reach`'s"""
    handler: Handler
    parameters: tuple[Schema, ...] = ()
    """of path, query and headers, as the description has them"""
    also: frozenset[str] = frozenset()
    """further names of parameters in the query, which are taken and not described"""
    operators: frozenset[tuple[str, str]] = frozenset()
    """values of parameters with which it is for operators alone: ("log", "switch")"""
    body: Takes | None = None
    answers: Schema = {}
    """by status: the good answers"""
    problems: tuple[int, ...] = ()
    """statuses of problem documents besides those that the door itself may answer"""
    share: Share = "usual"
    """what it takes of what a company may have in use at once"""
    waits: str = ""
    """the query parameter without which it is a question, and no stream"""
    shows: Shows = "thing"
    described: bool = True
    """whether OpenAPI describes it: not the page's files, and not WebSockets, which AsyncAPI describes"""

    @cached_property
    def queries(self) -> frozenset[str]:
        """Names that the query may have."""
        return self.also | {one["name"] for one in self.parameters if one["in"] == "query"}

    def admit(self, who: Principal | None, query: list[tuple[str, str]]) -> None:
        """The check at the door; raises `Forbidden`, and `BadArgument` for a query with what is not known here."""
        if self.scope == "open":
            return
        if who is None:
            raise Forbidden("This needs an access token.")
        if self.scope != "token":
            who.require(self.scope, self.roles)
        if not self.operators.isdisjoint(query):
            who.require("operate")
        self._known(query)

    def _known(self, query: list[tuple[str, str]]) -> None:
        seen = set()
        for name, value in query:
            if name not in self.queries:
                there = f"there are {', '.join(sorted(self.queries))}" if self.queries else "there are none"
                raise BadArgument(f"There is no parameter {name[:40]!r} here; {there}.")
            if name in seen:
                raise BadArgument(f"{name} is given twice: give it once.")
            if "\0" in value:
                raise BadArgument(f"{name} holds a NUL, which nothing that is stored has.")
            seen.add(name)


class Family(msgspec.Struct, frozen=True):
    """Endpoints that belong together: one tag of the description."""

    tag: str
    says: str
    endpoints: tuple[Endpoint, ...]
    schemas: Callable[[], dict[str, Any]] = dict
    """the schemas to which their descriptions refer, by name"""
