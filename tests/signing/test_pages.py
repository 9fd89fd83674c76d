"""What pages have signed comes back in halves around the content they have, and names their origin."""

from __future__ import annotations

import base64
import hashlib

import pytest
from certificate_maker import china, ec_key, make_der
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from sm2_key import Signer

from agent.keys.cades import names_its_signer, origin_in
from agent.keys.signed_data import read_detached, read_signed_data
from agent.signing.errors import OwnMessageError
from agent.signing.pages import PageDocument, check_signable, page_draft, page_signature

NOW = china("2022-01-01 12:00:00")
ORIGIN = "https://etax.example.gov.cn"
EC = Signer(
    make_der(key=ec_key("who")), lambda data: ec_key("who").sign(data, ec.ECDSA(hashes.SHA256()))
)
OWN = b'{"audience": "https://ra.example", "certificate_sha256": "00"}'


def signed(content: bytes, *, is_detached: bool, signer: Signer = EC) -> bytes:
    """Return the signature as a page puts it together."""
    document = PageDocument(content, "a.pdf")
    draft = page_draft(
        document,
        certificate=signer.certificate,
        origin=ORIGIN,
        is_detached=is_detached,
        signing_time=NOW,
    )
    parts = page_signature(document, draft, signer.sign(draft.to_be_signed))
    assert parts.sha256 == hashlib.sha256(content).hexdigest()
    between = b"" if is_detached else content
    return base64.b64decode(parts.head) + between + base64.b64decode(parts.tail)


@given(content=st.binary(max_size=300))
def test_the_halves_and_the_content_are_the_signature(content):
    message = read_signed_data(signed(content, is_detached=False))
    assert message.content == content
    assert origin_in(message.attributes) == ORIGIN
    assert names_its_signer(message.attributes, EC.certificate)


@pytest.mark.parametrize("kind", ["ec", "sm2"])
@pytest.mark.parametrize("is_detached", [True, False])
def test_detached_and_not_with_sm2_too(kind, is_detached, sm2):
    signer = sm2 if kind == "sm2" else EC
    content = "合同".encode() * 1000
    made = signed(content, is_detached=is_detached, signer=signer)
    if not is_detached:
        assert read_signed_data(made).content == content
        return

    def digest(algorithm: hashes.HashAlgorithm) -> bytes:
        found = hashes.Hash(algorithm)
        found.update(content)
        return found.finalize()

    assert origin_in(read_detached(made, digest).attributes) == ORIGIN


def test_a_message_to_an_authority_is_refused_wherever_it_stands():
    good = PageDocument(b"text")
    check_signable([good, good])
    for name in ("", "contract.json"):
        with pytest.raises(OwnMessageError):
            check_signable([good, PageDocument(OWN, name)])
