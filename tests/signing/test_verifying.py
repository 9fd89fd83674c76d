"""A right signature and what is to be thought of it: who vouches, when it was made, and for what."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import ENCRYPTION, china, ec_key, make_der, make_x509, name
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.chain import ChainState, TrustStore
from agent.certificates.parsing import parse_certificate
from agent.keys.cades import SignerNotNamedError, cades_draft
from agent.keys.signed_data import read_signed_data
from agent.keys.signing import SignedDataDraft
from agent.signing.verifying import Doubt, judge
from agent.signing.wording import DOUBT_TEXT

NOW = china("2022-01-01 12:00:00")
AUTHORITY = name(organisation="Test Authority")
CA = make_x509(
    key=ec_key("issuer"), subject=AUTHORITY, issuer=AUTHORITY, is_ca=True,
    usage=frozenset({"key_cert_sign"}), not_after=china("2030-01-01 00:00:00"),
)  # fmt: skip
TRUST = TrustStore([parse_certificate(CA.public_bytes(Encoding.DER))])


def judged(*, trust=TRUST, when: dt.datetime | None = NOW, plain=False, enclosed=(), **options):
    """Return what is thought of a signature by a certificate made with ``options``."""
    certificate = make_der(key=ec_key("who"), **options)
    draft = (
        SignedDataDraft(content=b"text", certificate=certificate, signing_time=when)
        if plain
        else cades_draft(
            b"text", certificate=certificate, signing_time=when or NOW, origin="https://a.cn"
        )
    )
    made = draft.message(ec_key("who").sign(draft.to_be_signed, ec.ECDSA(hashes.SHA256())))
    return judge(read_signed_data(made), [certificate, *enclosed], trust, NOW)


def test_a_signature_above_doubt():
    verified = judged()
    assert verified.doubts == ()
    assert verified.signing_time == NOW
    assert verified.origin == "https://a.cn"
    assert verified.chain.state is ChainState.TRUSTED


@pytest.mark.parametrize(
    ("options", "doubt"),
    [
        ({"trust": TrustStore()}, Doubt.UNTRUSTED),
        ({"issuer_key": ec_key("stranger")}, Doubt.UNTRUSTED),
        ({"when": china("2022-07-21 00:00:01")}, Doubt.NOT_VALID_THEN),
        ({"when": china("2021-06-30 23:59:58")}, Doubt.NOT_VALID_THEN),
        ({"plain": True, "when": None}, Doubt.NO_TIME),
        ({"plain": True}, Doubt.SIGNER_NOT_NAMED),
        ({"usage": ENCRYPTION}, Doubt.NOT_FOR_SIGNING),
    ],
)
def test_what_gives_rise_to_doubt(options, doubt):
    assert doubt in judged(**options).doubts


def test_signed_before_it_ended_is_right_for_ever():
    """The clock of asking says nothing of a signature that says when it was made."""
    ended = judged(not_after=china("2022-01-01 12:00:01"), when=china("2022-01-01 12:00:00"))
    assert ended.doubts == ()


def test_an_issuer_in_the_message_leads_on_to_a_trusted_one():
    middle_key, middle_name = ec_key("middle"), name(organisation="Middle")
    middle = make_der(
        key=middle_key, subject=middle_name, is_ca=True, usage=frozenset({"key_cert_sign"}),
    )  # fmt: skip
    below = {"issuer": middle_name, "issuer_key": middle_key}
    assert judged(enclosed=[middle], **below).chain.state is ChainState.TRUSTED
    assert judged(**below).chain.state is ChainState.INCOMPLETE
    assert judged(enclosed=[b"no certificate", middle], **below).doubts == ()


def test_a_certificate_put_in_the_place_of_the_signers():
    verified = make_der(key=ec_key("who"))
    other = make_der(key=ec_key("who"), subject=name(organisation="某公司"))
    draft = cades_draft(b"text", certificate=verified, signing_time=NOW)
    made = SignedDataDraft(
        content=b"text", certificate=other, attributes=draft.attributes, signing_time=NOW
    )
    message = made.message(ec_key("who").sign(made.to_be_signed, ec.ECDSA(hashes.SHA256())))
    with pytest.raises(SignerNotNamedError):
        judge(read_signed_data(message), [other], TRUST, NOW)


def test_every_doubt_has_its_sentence():
    assert set(DOUBT_TEXT) == set(Doubt)
