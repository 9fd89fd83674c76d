"""The request posted to serverkeygen (RFC 7030, 4.4.1): which key it names, what it understands. Pure.

Its own key and signature are ignored, as the RFC has it: the manifest's signature stands for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import core

from agent.keys.requests import Request, read_request
from agent.keys.sm2_enveloped_key import SM4_ECB
from agent.renewals.authorities.ra_protocol import KeyTransport, ProblemCode
from sandbox.problems import RefusalError

ASYMMETRIC_DECRYPT_KEY_IDENTIFIER = "1.2.840.113549.1.9.16.2.54"
"""id-aa-asymmDecryptKeyID (RFC 7030, 4.4.1.2)."""
SMIME_CAPABILITIES = "1.2.840.113549.1.9.15"
"""RFC 8551, 2.5.2."""
AES_256_CBC = "2.16.840.1.101.3.4.1.42"
SM2_ENCRYPTION = "1.2.156.10197.1.301.3"
"""GM/T 0006."""
AES_256_WRAP_PAD = "2.16.840.1.101.3.4.1.48"
"""RFC 5649."""
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
KEY_TRANSPORT_IDS: dict[str, KeyTransport] = {
    "1.2.840.113549.1.1.1": "rsaes-pkcs1-v1_5",
    "1.2.840.113549.1.1.7": "rsaes-oaep",
}


class _Capability(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    _fields = [  # noqa: RUF012 - asn1crypto's way
        ("capability_id", core.ObjectIdentifier),
        ("parameters", core.Any, {"optional": True}),
    ]


class _Capabilities(core.SequenceOf):  # type: ignore[misc] # asn1crypto has no types
    _child_spec = _Capability


@dataclass(frozen=True)
class KeyRequest:
    """What a serverkeygen request asks for."""

    subject: bytes
    """A Name (DER)."""
    decrypt_key_identifier: bytes
    capabilities: frozenset[str]
    """Dotted object identifiers; empty where the request does not say."""

    @property
    def takes_bare_keys(self) -> bool:
        """Whether the client reads a private key alone, wrapped with AES."""
        return AES_256_WRAP_PAD in self.capabilities

    @property
    def is_for_container(self) -> bool:
        """Whether the client wants a key for the container of its new signing key."""
        return SM4_ECB in self.capabilities

    def check_takes(self, sealing: str) -> None:
        """Check that the client opens what is sealed by an algorithm, and SM4 in ECB mode within.

        Raises:
            RefusalError: RECIPIENT_REFUSED, it does not say so.
        """
        if not self.capabilities >= {SM4_ECB, sealing}:
            raise RefusalError(
                ProblemCode.RECIPIENT_REFUSED, f"keys are enveloped by {sealing} with SM4-ECB"
            )

    def transport(self, offered: Iterable[KeyTransport]) -> KeyTransport:
        """Return the first of ``offered`` that the client understands.

        A request that names no key transport leaves the choice to the authority.

        Raises:
            RefusalError: RECIPIENT_REFUSED, the two have none in common.
        """
        known = {KEY_TRANSPORT_IDS[name] for name in self.capabilities & KEY_TRANSPORT_IDS.keys()}
        chosen = next((name for name in offered if name in known or not known), None)
        if chosen is None or (self.capabilities and AES_256_CBC not in self.capabilities):
            raise RefusalError(
                ProblemCode.RECIPIENT_REFUSED,
                f"keys are enveloped with aes256-CBC and {' or '.join(offered)}",
            )
        return chosen


def read_key_request(der: bytes) -> KeyRequest:
    """Return what the PKCS#10 request in ``der`` asks for.

    Raises:
        RefusalError: MALFORMED; also where it names no key, since no key is sent in clear.
    """
    try:
        request = read_request(der)
        attributes = _first_values(request)
        identifier = attributes.get(ASYMMETRIC_DECRYPT_KEY_IDENTIFIER)
        capabilities = attributes.get(SMIME_CAPABILITIES)
        decrypt_key = bytes(core.OctetString.load(identifier).native) if identifier else b""
        names = _capability_names(capabilities) if capabilities else frozenset[str]()
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise RefusalError(ProblemCode.MALFORMED, "not a PKCS#10 request read here") from error
    if not decrypt_key or capabilities is None:
        raise RefusalError(
            ProblemCode.MALFORMED,
            "keys are never sent in clear: the request must carry AsymmetricDecryptKeyIdentifier"
            " and SMIMECapabilities",
        )
    return KeyRequest(request.subject, decrypt_key, names)


def _first_values(request: Request) -> dict[str, bytes]:
    """Return the DER of each attribute's first value."""
    return {oid: values[0] for oid, values in request.attributes.items()}


def _capability_names(der: bytes) -> frozenset[str]:
    return frozenset(
        capability["capability_id"].dotted for capability in _Capabilities.load(der, strict=True)
    )
