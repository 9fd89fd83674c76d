"""SM2 messages and requests between this program and BouncyCastle, which shares no code with it."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from certificate_maker import openssl
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agent.keys.enveloped_data import ENVELOPED_DATA, enveloped
from agent.keys.requests import RequestDraft
from agent.keys.signed_data import (
    DATA,
    SIGNED_DATA,
    BadSignatureError,
    read_signed_data,
)
from agent.keys.signing import SignedDataDraft
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.worker.envelope import read_envelope
from sandbox.authority.rules.certificate_draft import Issuer, Validity
from sandbox.authority.rules.profiles import subject_draft
from sandbox.private_keys import new_key

CONTENT = "内容".encode()
OWN_TYPE = "1.3.6.1.4.1.99999.1"
GM_DATA, GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2"
GM_ENVELOPED_DATA = "1.2.156.10197.6.1.4.2.3"
NAME_OF_ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "签发")])
NAME = bytes.fromhex("300d310b300906035504061302434e")  # C=CN


@pytest.mark.parametrize("content_type", [DATA, OWN_TYPE])
def test_it_verifies_what_is_made(bouncy_castle, sm2, content_type):
    draft = SignedDataDraft(
        content=CONTENT,
        certificate=sm2.certificate,
        content_type=content_type,
        attributes={"1.3.6.1.4.1.99999.2": b"\x0c\x01x"},
    )
    made = draft.message(sm2.sign(draft.to_be_signed))
    said = f"{content_type} {base64.b64encode(CONTENT).decode()}"
    assert bouncy_castle.ask("verify", made) == said
    unsigned = draft.message(sm2.sign(draft.to_be_signed + b"!"))
    assert bouncy_castle.ask("verify", unsigned) == "bad"


@pytest.mark.parametrize("form", ["DER", "BER", "DER-bare", "BER-bare"])
@pytest.mark.parametrize(
    "types",
    [(SIGNED_DATA, DATA), (SIGNED_DATA, OWN_TYPE), (GM_SIGNED_DATA, GM_DATA)],
    ids=["standard", "a type of its own", "GM/T 0010"],
)
def test_what_it_signs_is_read(bouncy_castle, sm2, sm2_key, types, form):
    outer, inner = types
    made = bouncy_castle.made("sign", sm2_key.pkcs8, sm2.certificate, outer, inner, form, CONTENT)
    taken = {"content_types": (DATA, OWN_TYPE), "needs_attributes": "bare" not in form}
    if "bare" in form and inner == OWN_TYPE:
        with pytest.raises(BadSignatureError):
            read_signed_data(made, **taken)
        return
    message = read_signed_data(made, **taken)
    assert message.content == CONTENT
    assert message.content_type == (OWN_TYPE if inner == OWN_TYPE else DATA)
    assert message.key == sm2_key.public


@pytest.mark.parametrize("size", [0, 15, 16, 100_003])
def test_it_opens_what_is_sealed_for_an_sm2_key(bouncy_castle, sm2, sm2_key, size):
    """Not as CMS, of which it has no SM2: its ASN.1, its SM2 and its SM4 one by one."""
    content = bytes(range(251)) * (size // 251 + 1)
    made = enveloped(content[:size], [sm2.certificate])
    assert bouncy_castle.made("open", sm2_key.pkcs8, made) == content[:size]


@pytest.mark.parametrize("form", ["DER", "BER"])
@pytest.mark.parametrize("types", [(GM_ENVELOPED_DATA, GM_DATA), (ENVELOPED_DATA, DATA)])
def test_what_it_seals_for_an_sm2_key_is_read(bouncy_castle, sm2, sm2_key, types, form):
    made = bouncy_castle.made("envelope", sm2.certificate, *types, form, CONTENT)
    envelope = read_envelope(made, takes_sm=True)
    [recipient] = envelope.recipients
    assert (recipient.is_sm2, envelope.is_sm4, envelope.is_data) == (True, True, True)
    key = bytearray(sm2_key.opened(recipient.encrypted_key))
    assert envelope.opened(key) == CONTENT
    with pytest.raises(KeyEnvelopeInvalidError):
        read_envelope(made)  # of keys for RSA alone


def test_it_verifies_a_request(bouncy_castle, sm2_key):
    draft = RequestDraft(subject=NAME, key=sm2_key.public)
    made = draft.signed(sm2_key.sign(draft.to_be_signed))
    assert bouncy_castle.ask("request", made) == "true"
    other = draft.signed(sm2_key.sign(b"something else"))
    assert bouncy_castle.ask("request", other) == "false"


@pytest.mark.parametrize(
    ("issuer", "subscriber"), [("sm2", "sm2"), ("rsa:2048", "sm2"), ("sm2", "rsa:2048")]
)
def test_it_verifies_certificates_for_and_by_sm2_keys(bouncy_castle, issuer, subscriber):
    by, now = Issuer(NAME_OF_ISSUER, new_key(issuer)), dt.datetime.now(dt.UTC)
    validity = Validity(now, now + dt.timedelta(days=1))
    der = [
        subject_draft(NAME_OF_ISSUER, key.public, validity).issued(by).public_bytes(Encoding.DER)
        for key in (new_key(subscriber), by.key, new_key(issuer))
    ]
    issued, own, others = der
    assert bouncy_castle.ask("certificate", issued, own) == "true"
    assert bouncy_castle.ask("certificate", issued, others) == "false"


def test_it_refuses_what_openssl_signs_without_an_identity(bouncy_castle, sm2_key, tmp_path):
    (tmp_path / "key.der").write_bytes(sm2_key.pkcs8)
    command = "req -new -key key.der -keyform DER -sm3 -outform DER -subj /CN=x"
    assert bouncy_castle.ask("request", openssl(*command.split(), folder=tmp_path)) == "false"
