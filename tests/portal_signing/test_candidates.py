"""Which certificates serve a page's wish, and what is said of the others before any PIN."""

from __future__ import annotations

import pytest
from certificate_maker import ENCRYPTION, china, ec_key, make_certificate, name
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from agent.certificates.model import CertificateUse
from agent.portal_signing.candidates import candidates, problem
from agent.portal_signing.login import why_not_to_log_in
from agent.tokens.model import PinState, TokenFacts, TokenReference
from agent.tokens.snapshot import HeldCertificate, Snapshot, Token

NOW = china("2025-03-07 10:00:00")
VALID = {"not_before": china("2024-03-07 00:00:00"), "not_after": china("2026-03-07 23:59:59")}
OVER = {"not_before": china("2022-03-07 00:00:00"), "not_after": china("2025-03-07 09:59:59")}
TO_COME = {"not_before": china("2025-03-07 10:00:01"), "not_after": china("2026-03-07 23:59:59")}


def token(*certificates):
    facts = TokenFacts(
        pin_state=PinState.OK, slot=0, label="KEY", serial="1", model="", manufacturer="",
        login_required=True, protected_authentication_path=False,
    )  # fmt: skip
    held = tuple(
        HeldCertificate(certificate=c, key=bytes([n]), label="", has_private_key=None)
        for n, c in enumerate(certificates)
    )
    reference = TokenReference(module="m", serial="1", label="KEY")
    return Token(reference=reference, facts=facts, certificates=held, problems=())


def found(*certificates, use=CertificateUse.SIGNING, thumbprint=None):
    snapshot = Snapshot(tokens=(token(*certificates),))
    return candidates(snapshot, NOW, use=use, refuses=why_not_to_log_in, thumbprint=thumbprint)


def purposes(*oids):
    value = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in oids]).public_bytes()
    return {"2.5.29.37": value}


CLIENT, SERVER, MAIL, ANY = (
    "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4", "2.5.29.37.0",
)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, None),
        (OVER, "certificate_expired"),
        ({**OVER, "not_after": NOW}, None),
        (TO_COME, "certificate_not_yet_valid"),
        ({**TO_COME, "not_before": NOW}, None),
        ({"usage": frozenset({"content_commitment"})}, "certificate_unsuitable"),
        ({"usage": None}, "certificate_unsuitable"),
        ({"extensions": purposes(MAIL)}, "certificate_unsuitable"),
        ({"extensions": purposes(SERVER, MAIL)}, "certificate_unsuitable"),
        ({"extensions": purposes(MAIL, CLIENT)}, None),
        ({"extensions": purposes(ANY)}, None),
        ({"extensions": {"2.5.29.37": b"\x30\x05no"}}, "certificate_unsuitable"),
        ({"key": ec.generate_private_key(ec.SECP384R1())}, None),
        ({"key": ec.generate_private_key(ec.SECP256K1())}, "certificate_unsuitable"),
    ],
)
def test_who_may_log_in_is_what_validators_say(options, code):
    refusal = why_not_to_log_in(make_certificate(**{**VALID, **options}), NOW)
    assert (refusal and refusal.code) == code


def test_what_serves_comes_first_and_what_does_not_says_why():
    over = make_certificate(**OVER, subject=name(common_name="A"))
    valid = make_certificate(**VALID, subject=name(common_name="B"))
    both = found(over, valid)
    assert [c.held.certificate.common_name for c in both] == ["B", "A"]
    assert [c.refusal and c.refusal.code for c in both] == [None, "certificate_expired"]
    assert problem(Snapshot(tokens=(token(over, valid),)), both) is None


def test_of_a_pair_the_one_in_use_is_meant_and_never_the_encryption_certificate():
    old = make_certificate(**OVER)
    valid = make_certificate(**VALID, key=ec_key("new"))
    encryption = make_certificate(**VALID, usage=ENCRYPTION)
    assert [c.held.certificate for c in found(old, encryption, valid)] == [valid]


def test_to_decrypt_old_certificates_count_too():
    kept = [make_certificate(**dates, usage=ENCRYPTION) for dates in (OVER, VALID)]
    decrypting = {c.held.certificate for c in found(*kept, use=CertificateUse.ENCRYPTION)}
    assert decrypting == set(kept)


def test_a_page_may_want_one_certificate_alone():
    wanted = make_certificate(**VALID, subject=name(common_name="A"))
    other = make_certificate(**VALID, subject=name(common_name="B"))
    [one] = found(wanted, other, thumbprint=wanted.thumbprint)
    assert one.held.certificate is wanted
    assert found(other, thumbprint=wanted.thumbprint) == ()


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (Snapshot(), "no_token"),
        (Snapshot(tokens=(token(),)), "certificate_not_found"),
        (Snapshot(tokens=(token(make_certificate(**OVER)),)), "certificate_expired"),
    ],
)
def test_why_nothing_can_be_done_is_known_before_any_pin(snapshot, code):
    listed = candidates(snapshot, NOW, use=CertificateUse.SIGNING, refuses=why_not_to_log_in)
    error = problem(snapshot, listed)
    assert error is not None
    assert error.code == code
