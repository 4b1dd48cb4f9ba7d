"""A vCon, signed: a JWS in the general JSON serialization (RFC 7515), with the chain of certificates in it.

Key and certificates are files that the settings name; they are read at each signature, so that a renewed certificate
needs no restart.
"""

import base64
from pathlib import Path
from typing import Any

import msgspec

from api.errors import Settled, Unavailable
from core.settings import Settings


class Signer:
    """Signs with one key. Making one raises `Settled` where there is none, `Unavailable` for one of no use."""

    def __init__(self, settings: Settings) -> None:
        if settings.vcon_key is None or settings.vcon_certificate is None:
            raise Settled(
                "Nothing can be signed here: name a key and its certificate as vcon_key and vcon_certificate in the "
                "settings, or ask without a signature."
            )
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
        from joserfc.jwk import ECKey, RSAKey

        try:
            private = load_pem_private_key(_read(settings.vcon_key, "vcon_key"), None)
        except (ValueError, TypeError) as error:
            raise Unavailable(
                f"vcon_key: {settings.vcon_key} holds no private key in PEM without a password."
            ) from error
        try:
            chain = x509.load_pem_x509_certificates(_read(settings.vcon_certificate, "vcon_certificate"))
        except ValueError as error:
            raise Unavailable("vcon_certificate names a file that holds no certificate in PEM.") from error
        spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if chain[0].public_key().public_bytes(*spki) != private.public_key().public_bytes(*spki):
            raise Unavailable("vcon_certificate: its first certificate is not that of vcon_key.")
        self._key: RSAKey | ECKey
        if isinstance(private, rsa.RSAPrivateKey):
            self._key, self._algorithm = RSAKey.import_key(private), "RS256"
        elif isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
            self._key, self._algorithm = ECKey.import_key(private), "ES256"
        else:
            raise Unavailable("vcon_key: only RSA keys and those of the curve P-256 sign vCons.")
        self._chain = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]

    def signed(self, made: dict[str, Any]) -> dict[str, Any]:
        """The JWS of a vCon; its header names the vCon's id, as the draft wants."""
        from joserfc import jws
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=[self._algorithm], strict_check_header=False)
        member: Any = {"protected": {"alg": self._algorithm}, "header": {"x5c": self._chain, "uuid": made["uuid"]}}
        return dict(jws.serialize_json([member], msgspec.json.encode(made), self._key, registry=registry))


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{name} names a file that cannot be read ({error.strerror}).") from error
