"""The application: the routes of all endpoints, behind the guard, with the services that they use."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware

from api.http import problems
from api.http.endpoints.families import ENDPOINTS
from api.http.guard import Guard
from api.http.routes import open_paths, routes
from api.http.services import Services
from api.site import Site


def application(here: Site) -> Starlette:
    services = Services(here)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with services.running():
            yield

    app = Starlette(
        routes=routes(ENDPOINTS),
        middleware=[
            Middleware(Guard, knows=services.bearers, opened=open_paths(ENDPOINTS), why_not=services.bearers.why_not)
        ],
        exception_handlers=problems.handlers(),
        lifespan=lifespan,
    )
    app.state.services = services
    return app
