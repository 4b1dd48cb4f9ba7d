"""Server-sent events as bytes (WHATWG HTML, section 9.2): the one way to write them. Pure."""


def message(data: bytes, event_id: str | int | None = None, name: str | None = None) -> bytes:
    """One message; `data` is JSON, on one line where our own encoders wrote it."""
    if b"\r" in data or b"\n" in data:
        data = data.replace(b"\r", b"").replace(b"\n", b"\ndata: ")
    head = "" if name is None else f"event: {name}\n"
    if event_id is not None:
        head += f"id: {event_id}\n"
    return b"%bdata: %b\n\n" % (head.encode(), data)
