"""What is to be thought of a signature that is right: who made it, when, and who vouches for them. Pure.

Whether the certificate was revoked is not looked up: nobody is asked about a document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum, unique

import msgspec

from agent.certificates.chain import Chain, ChainState, TrustStore
from agent.certificates.model import Certificate, CertificateUse
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.certificates.times import read_time
from agent.keys.cades import names_its_signer, origin_in
from agent.keys.der import DerError, read_element
from agent.keys.signed_data import SIGNING_TIME, VerifiedSigner

_MAX_ENCLOSED = 32
"""Certificates beside the signer's that are looked at; a chain has three or four."""


@unique
class Doubt(StrEnum):
    """What keeps a right signature from being taken without a second thought."""

    UNTRUSTED = "untrusted"
    """The signer's certificate does not lead to an authority that is trusted here."""
    NOT_VALID_THEN = "not_valid_then"
    """By the time the signer's clock said, or without one now, the certificate had ended or not begun."""
    NO_TIME = "no_time"
    """It does not say when it was made."""
    NOT_FOR_SIGNING = "not_for_signing"
    """The certificate is for something else."""
    SIGNER_NOT_NAMED = "signer_not_named"
    """Which certificate it is by is not signed: a plain CMS signature, not CAdES."""
    TIMESTAMP_UNTRUSTED = "timestamp_untrusted"
    """Nobody who is trusted here vouches for who made its time-stamp."""
    REVOKED = "revoked"
    """The file itself says that a certificate of the signer's chain was revoked by then."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that is right."""

    certificate: Certificate
    signing_time: dt.datetime | None
    """What the signer's clock said; nothing proves it."""
    origin: str
    """Of the page it was made for; empty where none is named."""
    chain: Chain
    doubts: tuple[Doubt, ...]


def judge(
    signer: VerifiedSigner,
    enclosed: Sequence[bytes],
    trust: TrustStore,
    now: dt.datetime,
    *,
    said_time: dt.datetime | None = None,
    moment: dt.datetime | None = None,
) -> Verified:
    """Return what is to be thought of a signature that was found right.

    Args:
        signer: who made it.
        enclosed: all certificates in the message, in DER; those that cannot be read count for nothing.
        trust: who is trusted.
        now: the instant of asking.
        said_time: what the signer's clock said, where the message itself does not say it.
        moment: as of when the certificate has to be valid, where that is proved; else as of the time said.

    Raises:
        SignerNotNamedError: it is signed to be by another certificate than the one enclosed.
        CertificateDamagedError: nothing can be read of the signer's certificate.
    """
    is_named = names_its_signer(signer.attributes, signer.certificate)
    certificate = parse_certificate(signer.certificate)
    signing_time = _time_in(signer) or said_time
    others = [
        each for der in enclosed[:_MAX_ENCLOSED] if (each := _read(der)) and each != certificate
    ]
    chain = trust.chains([certificate, *others], now)[0]
    moment = moment or signing_time or now
    found = {
        Doubt.UNTRUSTED: chain.state is not ChainState.TRUSTED,
        Doubt.NOT_VALID_THEN: not certificate.not_before <= moment <= certificate.not_after,
        Doubt.NO_TIME: signing_time is None,
        Doubt.NOT_FOR_SIGNING: certificate.use is not CertificateUse.SIGNING,
        Doubt.SIGNER_NOT_NAMED: not is_named,
    }
    return Verified(
        certificate=certificate,
        signing_time=signing_time,
        origin=origin_in(signer.attributes),
        chain=chain,
        doubts=tuple(doubt for doubt, is_so in found.items() if is_so),
    )


def _time_in(signer: VerifiedSigner) -> dt.datetime | None:
    try:
        return read_time(read_element(signer.attributes[SIGNING_TIME]))[0]
    except (KeyError, DerError):
        return None


def _read(der: bytes) -> Certificate | None:
    try:
        return parse_certificate(der)
    except CertificateDamagedError:
        return None
