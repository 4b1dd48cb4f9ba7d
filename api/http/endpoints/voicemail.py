"""The own mailbox."""

from typing import Any

from api.http import voicemail
from api.http.endpoint import Endpoint, Family, Takes
from api.http.endpoints.recordings import SOUND
from api.http.openapi.parts import TEXT, answer, header, of_structs, path_part, ref
from api.http.voicemail import ReadBody, Voicemail

_MESSAGE = path_part("message", "the switch's id of it, as the list tells", TEXT)
_RANGE = header("Range", "the part that is wanted: bytes=0-65535, bytes=65536- or bytes=-1024", TEXT)


def _schemas() -> dict[str, Any]:
    return of_structs(Voicemail, ReadBody)


FAMILY = Family(
    "voicemail",
    "The messages in one's own mailbox at the switch",
    (
        Endpoint(
            name="voicemail_list",
            method="get",
            path="/v1/me/voicemail",
            says="The messages in the mailbox of the user whose token it is",
            scope="read",
            handler=voicemail.messages,
            answers={"200": answer("The mailbox, the newest message first", ref("Voicemail"))},
            problems=(404, 409, 503),
            shows="companies",
        ),
        Endpoint(
            name="voicemail_hear",
            method="get",
            path="/v1/me/voicemail/{message}",
            says="Hear a message, whole or in part",
            scope="read",
            handler=voicemail.hear,
            parameters=(_MESSAGE, _RANGE),
            answers={
                "200": SOUND | {"description": "The sound"},
                "206": SOUND | {"description": "The part that was asked for"},
            },
            problems=(404, 409, 416, 503),
            shows="nothing",
        ),
        Endpoint(
            name="voicemail_mark",
            method="put",
            path="/v1/me/voicemail/{message}",
            says="Mark a message as heard, or as new",
            scope="control",
            handler=voicemail.mark,
            parameters=(_MESSAGE,),
            body=Takes(kind=ReadBody, longest=200),
            answers={"204": answer("It is marked")},
            problems=(404, 409, 503),
            shows="nothing",
        ),
        Endpoint(
            name="voicemail_delete",
            method="delete",
            path="/v1/me/voicemail/{message}",
            says="Delete a message for good",
            scope="control",
            handler=voicemail.delete,
            parameters=(_MESSAGE,),
            answers={"204": answer("It is gone")},
            problems=(404, 409, 503),
            shows="nothing",
        ),
    ),
    _schemas,
)
