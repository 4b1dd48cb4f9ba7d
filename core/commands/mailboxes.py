"""Questions about mailboxes on their way to a switch and back: the server asks, the bridge that has the link answers.

They are no commands: nobody looks for them later, and what a switch answers (who called, and when) is not to be kept.
So they stand in a table that forgets, for seconds; whoever deletes or listens is told of in the log by the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import msgspec
import psycopg

from core.commands.store import CHANNEL
from core.log.driver import translated

Connection = psycopg.Connection[Any]
KEPT: Final = "30 seconds"
"""after which a question is forgotten, answered or not"""


class Asked(msgspec.Struct, frozen=True):
    """What is to be done with a mailbox."""

    verb: Literal["list", "read", "unread", "delete"]
    box: str
    """whose: 1001@alpha.example"""
    message: str | None = None
    """which message, by the switch's id; of all verbs but list"""


class Question(msgspec.Struct, frozen=True):
    """One of them as the bridge gets it."""

    question_id: UUID
    switch: str
    asked: Asked


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    good: bool
    text: str
    """the switch's words"""


_decode = msgspec.json.Decoder(Asked).decode


def ask(connection: Connection, switch: str, asked: Asked) -> UUID:
    """Put a question to a switch, and forget old ones."""
    question_id = uuid4()
    with translated():
        connection.execute(f"DELETE FROM log.mailbox_question WHERE asked_at < clock_timestamp() - interval '{KEPT}'")
        connection.execute(
            "INSERT INTO log.mailbox_question (question_id, switch, asked) VALUES (%s, %s, %s)",
            [question_id, switch, msgspec.json.encode(asked).decode()],
        )
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, switch))
    return question_id


def answered(connection: Connection, question_id: UUID) -> Answer | None:
    """The answer, once; None while there is none."""
    with translated():
        row = connection.execute(
            "DELETE FROM log.mailbox_question WHERE question_id = %s AND good IS NOT NULL RETURNING good, answer",
            [question_id],
        ).fetchone()
    return None if row is None else Answer(row[0], row[1] or "")


def claim(connection: Connection, switches: Sequence[str]) -> list[Question]:
    """The questions that nobody took yet, for switches whose links are up."""
    with translated():
        rows = connection.execute(
            "UPDATE log.mailbox_question SET taken_at = clock_timestamp() WHERE switch = ANY(%s) AND taken_at IS NULL"
            f" AND asked_at > clock_timestamp() - interval '{KEPT}' RETURNING question_id, switch, asked::text",
            [list(switches)],
        ).fetchall()
    return [Question(row[0], row[1], _decode(row[2])) for row in rows]


def answer(connection: Connection, question_id: UUID, given: Answer) -> None:
    """Give the answer to whoever waits, if somebody still does."""
    with translated():
        connection.execute(
            "UPDATE log.mailbox_question SET good = %s, answer = %s WHERE question_id = %s",
            [given.good, given.text.replace("\0", "\ufffd"), question_id],
        )
