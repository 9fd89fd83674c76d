"""What the steps of a renewal work with, around an authority of a few lines that certifies SM2 keys."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import msgspec
from renewal_maker import NOW, PRIVATE, new_renewal
from sm2_certificates import certified, der, root

from agent.keys.public_key import PublicKey
from agent.keys.requests import read_request
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.renewals.authorities.enrolment import Prepared
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.authorities.signed_messages import ContentType
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import EncryptionPart, Renewal
from agent.renewals.journal.states import State
from agent.tokens.protocol import EnvelopeKind
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.private_keys import Sm2PrivateKey

NEW = bytes(range(16))
OLD_KEY, OLD_OPENER, MADE = Sm2PrivateKey.new(), Sm2PrivateKey.new(), Sm2PrivateKey.new()
BEGIN = NOW - dt.timedelta(days=400)
OLD_SIGNING = der(certified(OLD_KEY.public, BEGIN))
OLD_ENCRYPTION = der(certified(OLD_OPENER.public, BEGIN, CertificateUse.ENCRYPTION))
ROOT = root(BEGIN)
POLICY = Policy(
    authority="样例服务商",
    signing_key_types=("sm2", "rsa:2048"),
    encryption_certificate=True,
    container_key_transport=("sm2-enveloped-key",),
    retire_old="delete",
)


def renewal_of(journal: Journal, key: bytes, opener: bytes, **changes: object) -> Renewal:
    """Return a renewal of the pair under these names, about to ask for its first PIN."""
    private = msgspec.structs.replace(
        PRIVATE, certificate=OLD_SIGNING, request=b"", manifest=b"", new_certificate=b"",
        encryption_certificate=OLD_ENCRYPTION,
    )  # fmt: skip
    encryption = EncryptionPart(key_id=b"never", transport_id=b"nor", current_id=opener)
    facts = {"state": State.SIGNING, "policy": POLICY, "private": private, "encryption": encryption}
    return journal.add(new_renewal(**facts | {"key_id": key, "new_key_id": NEW} | changes))


def context_of(journal: Journal, server_key: ServerKey | None = None) -> SimpleNamespace:
    """Return a context whose authority certifies any request, and sends ``server_key`` along."""

    async def prepare(_application, signer, _now):
        request = await signer.request()
        return Prepared(request=request, manifest=await signer.message(request, ContentType.DATA))

    async def enrol(application, _exchange):
        return der(certified(read_request(application.request).key(), NOW))

    async def sent(_application, _exchange):
        return server_key

    async def done(*_):
        return None

    enrolment = SimpleNamespace(
        prepare=prepare, enrol=enrol, server_key=sent, accept=done, time=done
    )
    return SimpleNamespace(
        signed=None,
        enrolment=enrolment,
        dossier=SimpleNamespace(confirm_installed=done),
        issuers=(ROOT,),
        clock=lambda: NOW,
        save=journal.save,
        save_after_pin=lambda _before, after: journal.save(after),
        leftovers=journal,
    )


def server_key_for(
    recipient: PublicKey, key: Sm2PrivateKey = MADE, named: Sm2PrivateKey = MADE
) -> ServerKey:
    """Return an encryption key as the authority sends it: ``key``, said to be ``named``."""
    envelope = Sm2EnvelopedKey.made(key.private, named.public, recipient).der
    certificate = certified(MADE.public, NOW, CertificateUse.ENCRYPTION)
    return ServerKey(envelope, certificate, EnvelopeKind.SM2)


def released(journal: Journal, submitted: Renewal) -> Renewal:
    """Return a renewal whose application was approved, about to fetch its certificates."""
    approved = submitted.moved(State.REVIEWING, NOW).moved(State.APPROVED, NOW)
    return journal.save(journal.save(approved).moved(State.ISSUING, NOW))
