"""Server-sent events as bytes (WHATWG HTML, section 9.2). Pure."""


def event(name: str, data: bytes, event_id: int | None = None) -> bytes:
    """One message; `data` is JSON on one line, as the encoder writes it."""
    head = f"event: {name}\n" if event_id is None else f"event: {name}\nid: {event_id}\n"
    return head.encode() + b"data: " + data.replace(b"\r", b"").replace(b"\n", b"\ndata: ") + b"\n\n"
