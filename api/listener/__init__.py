"""Events as they are published, and test events among them, brought to an address of a developer's: `harmony listen`.

Nothing is written down and nothing is tried again: webhooks do that. `Local` and `Remote` say where events come from,
`Forwarder` brings one of them there.
"""

from api.listener.forward import Forwarder
from api.listener.local import Local
from api.listener.remote import Away, Remote

__all__ = ["Away", "Forwarder", "Local", "Remote"]
