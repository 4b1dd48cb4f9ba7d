"""The plain board's own static files, which anybody may have."""

from api.http.endpoint import Endpoint, Family
from api.http.files import FILES, served

FAMILY = Family(
    "page",
    "The page",
    tuple(
        Endpoint(
            name=f"page_{name}",
            method="get",
            path=path,
            says="A file of the page",
            scope="open",
            handler=served(name, kind),
            shows="nothing",
            described=False,
        )
        for path, (name, kind) in FILES.items()
    ),
)
