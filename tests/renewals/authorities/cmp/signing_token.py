"""A token in software that signs a key update, and who certifies its keys, of every kind."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import subject_of
from agent.keys.public_key import PublicKey
from agent.keys.requests import RequestDraft
from agent.renewals.authorities.enrolment import SigningKey
from sandbox.authority.rules.certificate_draft import Issuer, Validity
from sandbox.authority.rules.profiles import root_draft, root_name, subject_draft
from sandbox.private_keys import PrivateKey, new_key

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
CURRENT, LATER = Validity(NOW - DAY, NOW + 30 * DAY), Validity(NOW - DAY, NOW + 400 * DAY)
SUBJECT = x509.Name(
    [
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "深圳市样例有限公司"),
    ]
)


class Office:
    """Certifies."""

    def __init__(self, kind: str) -> None:
        self.key = new_key(kind)
        name = root_name(self.key.public.family)
        self._issuer = Issuer(name, self.key)
        self.certificate = root_draft(name, self.key.public, LATER).issued(self._issuer)

    def certified(self, key: PublicKey, validity: Validity = CURRENT) -> bytes:
        issued = subject_draft(SUBJECT, key, validity).issued(self._issuer)
        return issued.public_bytes(Encoding.DER)


class Token:
    """A signer with an old and a new key, and how often each has signed."""

    def __init__(self, old: str, new: str) -> None:
        self.keys: dict[SigningKey, PrivateKey] = {
            SigningKey.OLD: new_key(old), SigningKey.NEW: new_key(new),
        }  # fmt: skip
        self.signed: list[SigningKey] = []
        self.certificate = b""

    def certify(self, office: Office, validity: Validity = CURRENT) -> bytes:
        self.certificate = office.certified(self.keys[SigningKey.OLD].public, validity)
        return self.certificate

    async def request(self) -> bytes:
        key = self.keys[SigningKey.NEW]
        draft = RequestDraft(subject=subject_of(self.certificate), key=key.public)
        return draft.signed(key.sign(draft.to_be_signed))

    async def sign(self, data, key, family) -> bytes:
        assert self.keys[key].public.family is family
        self.signed.append(key)
        return self.keys[key].sign(data)
