"""CMS SignedData: what is verified, construct by construct."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from cryptography.x509.oid import NameOID
from sandbox_desk import new_rsa_key

from agent.renewals.authorities.ra_protocol import ProblemCode
from agent.renewals.authorities.signed_messages import ContentType
from sandbox.authority.rules.cms import verify_signed_data
from sandbox.conformance.messages import signed_message, without_attributes
from sandbox.private_keys import Native
from sandbox.problems import RefusalError

CONTENT = b'{"hello": "world"}\r\n'
PLAIN = (ContentType.DATA,)


def _self_signed(key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1234, now, now)
    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(ski, critical=False).sign(key, hashes.SHA256())


@pytest.fixture(scope="module", params=["rsa", "ec"])
def signer(request):
    key = new_rsa_key() if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1())
    return key, _self_signed(key)


def sign(signer, *options, content: bytes = CONTENT, algorithm=None) -> bytes:
    key, certificate = signer
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(certificate, key, algorithm or hashes.SHA256())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def resign(signer, info: cms.ContentInfo) -> bytes:
    """Sign the signed attributes of ``info`` as they now are."""
    key, _ = signer
    info = cms.ContentInfo.load(info.dump(force=True))
    signer_info = info["content"]["signer_infos"][0]
    signed = b"\x31" + signer_info["signed_attrs"].dump()[1:]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    signer_info["signature"] = signature
    return info.dump(force=True)


def refusal(der: bytes, *content_types: str) -> ProblemCode:
    with pytest.raises(RefusalError) as caught:
        verify_signed_data(der, content_types or PLAIN)
    return caught.value.code


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_content_and_signer_are_returned(signer, algorithm):
    signed = verify_signed_data(sign(signer, algorithm=algorithm), PLAIN)
    assert signed.content == CONTENT
    assert signed.certificate_der == signer[1].public_bytes(Encoding.DER)


@pytest.mark.parametrize("options", [[], ["-keyid"], ["-md", "sha384"]])
def test_what_openssl_signs_is_accepted(signer, tmp_path, options):
    key, certificate = signer
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signer.pem").write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(CONTENT)
    command = "openssl cms -sign -binary -nodetach -outform DER -in content -signer signer.pem"
    done = subprocess.run(
        [*command.split(), *options], cwd=tmp_path, capture_output=True, check=True
    )
    assert verify_signed_data(done.stdout, PLAIN).content == CONTENT


def test_no_changed_byte_changes_what_is_accepted(signer):
    der = sign(signer)
    for position in range(0, len(der), 5):
        changed = bytearray(der)
        changed[position] ^= 0x20
        # Bytes the signature does not cover (the certificate's own signature) may change, and then
        # the certificate is not the one issued; the content never may.
        with contextlib.suppress(RefusalError):
            assert verify_signed_data(bytes(changed), PLAIN).content == CONTENT


def test_detached_content_is_refused(signer):
    der = sign(signer, pkcs7.PKCS7Options.DetachedSignature)
    assert refusal(der) is ProblemCode.MALFORMED


def test_a_signature_without_attributes_is_refused(signer):
    assert refusal(sign(signer, pkcs7.PKCS7Options.NoAttributes)) is ProblemCode.BAD_SIGNATURE


def test_a_missing_certificate_is_refused(signer):
    assert refusal(sign(signer, pkcs7.PKCS7Options.NoCerts)) is ProblemCode.BAD_SIGNATURE


def test_two_signers_are_refused(signer):
    key, certificate = signer
    builder = pkcs7.PKCS7SignatureBuilder().set_data(CONTENT)
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    assert refusal(builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])) is ProblemCode.MALFORMED


def test_unsorted_attributes_are_refused_though_they_are_signed():
    key = new_rsa_key()
    der = sign((key, _self_signed(key)))
    signer_info = cms.ContentInfo.load(der)["content"]["signer_infos"][0]
    attributes = signer_info["signed_attrs"].dump()
    elements = [attribute.dump() for attribute in signer_info["signed_attrs"]]
    header = attributes[: len(attributes) - len(b"".join(elements))]
    shuffled = header + b"".join(reversed(elements))
    signature = key.sign(b"\x31" + shuffled[1:], padding.PKCS1v15(), hashes.SHA256())
    changed = der.replace(attributes, shuffled).replace(signer_info["signature"].native, signature)
    assert refusal(changed) is ProblemCode.BAD_SIGNATURE


def test_the_signed_digest_must_be_the_contents(signer):
    info = cms.ContentInfo.load(sign(signer))
    info["content"]["encap_content_info"]["content"] = b"other"
    assert refusal(resign(signer, info)) is ProblemCode.BAD_SIGNATURE


def test_the_signed_content_type_must_be_there_once(signer):
    info = cms.ContentInfo.load(sign(signer))
    signer_info = info["content"]["signer_infos"][0]
    kept = [a for a in signer_info["signed_attrs"] if a["type"].native != "content_type"]
    signer_info["signed_attrs"] = cms.CMSAttributes(kept)
    assert refusal(resign(signer, info)) is ProblemCode.BAD_SIGNATURE


def test_resigning_as_these_tests_do_is_accepted(signer):
    resigned = resign(signer, cms.ContentInfo.load(sign(signer)))
    assert verify_signed_data(resigned, PLAIN).content == CONTENT


def test_trailing_bytes_are_refused(signer):
    assert refusal(sign(signer) + b"\0") is ProblemCode.MALFORMED


def typed(signer, content_type: str = ContentType.MANIFEST) -> bytes:
    key, certificate = signer
    return signed_message(CONTENT, content_type, certificate, Native(key))


def test_of_the_types_asked_for_it_is_told_which_it_is(signer):
    both = (ContentType.MANIFEST, ContentType.DATA)
    for der, content_type in ((typed(signer), both[0]), (sign(signer), both[1])):
        signed = verify_signed_data(der, both)
        assert (signed.content, signed.content_type) == (CONTENT, content_type)


def test_another_type_than_those_asked_for_is_refused(signer):
    assert refusal(typed(signer), *PLAIN) is ProblemCode.MALFORMED
    assert refusal(sign(signer), ContentType.MANIFEST) is ProblemCode.MALFORMED
    request = typed(signer, ContentType.LICENCE_REQUEST)
    assert refusal(request, *PLAIN, ContentType.MANIFEST) is ProblemCode.MALFORMED


def test_a_type_that_was_not_signed_is_refused(signer):
    # What stands beside the content is no part of what is signed: the attribute is.
    info = cms.ContentInfo.load(sign(signer))
    info["content"]["encap_content_info"]["content_type"] = ContentType.MANIFEST
    assert refusal(info.dump(force=True), ContentType.MANIFEST) is ProblemCode.BAD_SIGNATURE


def test_a_type_of_ones_own_needs_signed_attributes(signer):
    bare = without_attributes(typed(signer), Native(signer[0]))
    assert refusal(bare, ContentType.MANIFEST) is ProblemCode.BAD_SIGNATURE
