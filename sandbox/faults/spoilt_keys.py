"""Answers of serverkeygen with a key that is of no use: what a client must refuse, and never write."""

from __future__ import annotations

import base64
import re

from cryptography.hazmat.primitives.asymmetric import rsa

from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from sandbox.authority.ledger import current_version, manifest_of
from sandbox.authority.rules.fault_kinds import FaultKind
from sandbox.authority.rules.key_package import Recipient, Signer, enveloped_key
from sandbox.authority.rules.recipients import recipient_key
from sandbox.authority.store import Store
from sandbox.private_keys import Sm2PrivateKey

KEY_FAULTS = frozenset({FaultKind.DAMAGED_KEY, FaultKind.OTHER_KEY, FaultKind.OTHER_RECIPIENT})
_KEY_PART = re.compile(
    rb"((?:smime-type=server-generated-key|sm2-enveloped-key)\r\n.*?\r\n\r\n)([^\r]+)", re.DOTALL
)


class KeySpoiler:
    """Puts another envelope into the place of the right one."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    def spoilt(self, kind: FaultKind, body: bytes, application: str) -> bytes:
        """Return the multipart ``body`` with its envelope spoilt; what has none stays as it is."""
        found = _KEY_PART.search(body)
        if found is None:
            return body
        envelope = base64.b64decode(found[2])
        wanted = self._recipient(application)
        if kind is FaultKind.DAMAGED_KEY:
            envelope = envelope[:-1]
        elif wanted.family is Family.SM2:
            envelope = _another_sm2(kind, wanted, envelope)
        else:
            envelope = self._another(kind, wanted)
        return body[: found.start(2)] + base64.b64encode(envelope) + body[found.end(2) :]

    def _another(self, kind: FaultKind, wanted: PublicKey) -> bytes:
        """Return an envelope with a key nobody asked for, opened by the recipient or by nobody."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        nobody = PublicKey.from_cryptography(key.public_key())
        opener = wanted if kind is FaultKind.OTHER_KEY else nobody
        named = Recipient(opener, wanted.identifier, "rsaes-pkcs1-v1_5")
        return enveloped_key(key, self._signer, named)

    def _recipient(self, application: str) -> PublicKey:
        with self._store.transaction() as transaction:
            found = transaction.application(application)
            assert found is not None, "it was just given a key"
            recipient = manifest_of(current_version(transaction, found)).encryption_recipient
        assert recipient is not None, "it asked for a key"
        return recipient_key(recipient)


def _another_sm2(kind: FaultKind, wanted: PublicKey, envelope: bytes) -> bytes:
    """Return the same for SM2; what only a stranger opens still says that it holds the certificate's key."""
    key = Sm2PrivateKey.new()
    if kind is FaultKind.OTHER_KEY:
        return Sm2EnvelopedKey.made(key.private, key.public, wanted).der
    named = Sm2EnvelopedKey.read(envelope).public
    return Sm2EnvelopedKey.made(key.private, named, Sm2PrivateKey.new().public).der
