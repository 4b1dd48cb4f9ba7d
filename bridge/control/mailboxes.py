"""What a question about a mailbox is on the Erlang link: one short `api` command of mod_voicemail.

`vm_delete` and `vm_read` find a message by its id alone, in whosever box it is: who asks must have seen it in the list
of the box first, which is the server's to see to.
"""

from __future__ import annotations

from typing import Final

from bridge.control import words
from bridge.control.steps import Ask
from core.commands.mailboxes import Asked
from core.commands.orders import BadOrder

_VERBS: Final = {"read": ("vm_read", "read "), "unread": ("vm_read", "unread "), "delete": ("vm_delete", "")}


def question(asked: Asked) -> Ask:
    """The command; raises `BadOrder` for what must not reach a switch."""
    name, domain = words.user("box", asked.box)
    if asked.verb == "list":
        return Ask("vm_list", f"{name}@{domain}")
    if asked.message is None:
        raise BadOrder("message: say which, else all of them would be meant.")
    command, what = _VERBS[asked.verb]
    return Ask(command, f"{name}@{domain} {what}{words.word('message', asked.message)}")
