"""A signed vCon is verified by the certificate that it carries, and not when a byte of it is another."""

import base64
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, RSAKey

from api.errors import Settled, Unavailable
from api.exports.shapes import shape
from core.settings import Settings

pytestmark = pytest.mark.pure
EXAMPLE = (Path(__file__).parents[3] / "api" / "http" / "endpoints" / "call.json").read_bytes()
KEYS = {"RS256": ["rsa:2048"], "ES256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}


def made(at: Path, kind: list[str]) -> Settings:
    """Settings with a key and a certificate of its own, made as the how-to says."""
    key, certificate = at / "key.pem", at / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "1", "-subj", "/CN=pbx.example"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return Settings(vcon_key=key, vcon_certificate=certificate)


@pytest.mark.parametrize("algorithm", KEYS)
def test_it_is_verified_by_what_it_carries(tmp_path: Path, algorithm: str) -> None:
    signed: Any = msgspec.json.decode(shape("vcon", made(tmp_path, KEYS[algorithm]), True)(EXAMPLE))
    (one,) = signed["signatures"]
    public: Any = x509.load_der_x509_certificate(base64.b64decode(one["header"]["x5c"][0])).public_key()
    key = RSAKey.import_key(public) if algorithm == "RS256" else ECKey.import_key(public)
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    payload = msgspec.json.decode(jws.deserialize_json(signed, key, registry=registry).payload)
    assert payload["uuid"] == one["header"]["uuid"]
    assert payload["analysis"][0]["body"] == msgspec.json.decode(EXAMPLE)
    other = base64.urlsafe_b64encode(msgspec.json.encode(payload | {"subject": "another"})).rstrip(b"=").decode()
    with pytest.raises(BadSignatureError):
        jws.deserialize_json(signed | {"payload": other}, key, registry=registry)


def test_what_cannot_be_signed_says_why(tmp_path: Path) -> None:
    good = made(tmp_path, KEYS["ES256"])
    (tmp_path / "other").mkdir()
    other = made(tmp_path / "other", KEYS["ES256"])
    for settings, why in (
        (Settings(), "Nothing can be signed here: name a key"),
        (Settings(vcon_key=tmp_path / "none", vcon_certificate=good.vcon_certificate), "cannot be read"),
        (Settings(vcon_key=good.vcon_certificate, vcon_certificate=good.vcon_certificate), "holds no private key"),
        (Settings(vcon_key=good.vcon_key, vcon_certificate=good.vcon_key), "holds no certificate"),
        (Settings(vcon_key=good.vcon_key, vcon_certificate=other.vcon_certificate), "is not that of vcon_key"),
    ):
        with pytest.raises((Settled, Unavailable), match=why):
            shape("vcon", settings, True)
    with pytest.raises(Settled, match="only a vCon is signed"):
        shape("otlp", good, True)
