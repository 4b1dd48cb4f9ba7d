"""What the place where phones fetch their settings keeps between two requests: limits, and refusals to be recorded."""

from api.provision.addresses import base_of
from api.provision.limits import Limits
from api.provision.refusals import Refusals
from api.site import Site


class Desk:
    """Of one event loop."""

    def __init__(self, here: Site) -> None:
        self.base = base_of(here.settings)
        self.refusals = Refusals(here.dsn)
        self.askers = Limits(burst=60, rate=1)
        self.phones = Limits(burst=20, rate=1 / 6)
        self.strangers = Limits(burst=20, rate=1 / 6)
