"""Something that makes what people see incomplete or late: a stable code, and a sentence that says what to do."""

import msgspec


class Problem(msgspec.Struct, frozen=True):
    code: str
    sentence: str
