"""The web client's files, which anybody may have: they hold no data of anybody."""

from api.http import web
from api.http.endpoint import Endpoint, Family

_page = web.page()
FAMILY = Family(
    "web",
    "The web client",
    (
        *(
            Endpoint(
                name="web_" + (path.strip("/").partition("/{")[0] or "home") + ("_one" if "{" in path else ""),
                method="get",
                path=path,
                says="A page",
                scope="open",
                handler=_page,
                shows="nothing",
                described=False,
            )
            for path in web.PAGES
        ),
        *(
            Endpoint(
                name="web_moved_" + path.strip("/"),
                method="get",
                path=path,
                says="A page that moved",
                scope="open",
                handler=web.moved(to),
                shows="nothing",
                described=False,
            )
            for path, to in web.MOVED.items()
        ),
        Endpoint(
            name="web_asset",
            method="get",
            path=web.ASSETS,
            says="A file of the pages",
            scope="open",
            handler=web.asset(),
            shows="nothing",
            described=False,
        ),
    ),
)
