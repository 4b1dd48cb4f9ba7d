"""XML of phones: elements with text or attributes, everything escaped."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

KIND = "application/xml; charset=utf-8"


def element(tag: str, text: str | None = None, attributes: Mapping[str, str] | None = None) -> ET.Element:
    made = ET.Element(tag, dict(attributes or {}))
    made.text = text
    return made


def document(root: ET.Element) -> bytes:
    """The whole file."""
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
