"""What serverkeygen answers, in every legal and common illegal form."""

from __future__ import annotations

import base64
import textwrap

import pytest
from certificate_maker import make_x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st
from key_forms import key_blob, signed_and_enveloped
from renewal_maker import NOW
from sm2_certificates import certified

from agent.keys.enveloped_key_forms import UnknownFormError
from agent.keys.sm2_enveloped_key import EnvelopedKeyError, Sm2EnvelopedKey
from agent.renewals.authorities import two_parts
from agent.renewals.authorities.est_messages import EstBodyError, decode_server_key
from agent.renewals.authorities.ra_protocol import SM2_ENVELOPED_KEY_TYPE
from agent.tokens.protocol import EnvelopeKind
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.private_keys import Sm2PrivateKey

CERTIFICATE = make_x509()
CERTS = base64.b64encode(pkcs7.serialize_certificates([CERTIFICATE], Encoding.DER))
ENVELOPE = b"\x30\x82\x01\x00 an envelope"
KEY = base64.b64encode(ENVELOPE)
_PKCS7 = "application/pkcs7-mime"
KEY_HEAD = f"{_PKCS7}; smime-type=server-generated-key"
CERTS_HEAD = f"{_PKCS7}; smime-type=certs-only"


def answer(*parts: tuple[str, bytes], line: bytes = b"\r\n", extra: bytes = b"") -> bytes:
    body = b""
    for media_type, content in parts:
        body += b"--limit" + line + b"Content-Type: " + media_type.encode() + line + extra + line
        body += content + line
    return body + b"--limit--" + line


def read(body: bytes, content_type: str = "multipart/mixed; boundary=limit"):
    return decode_server_key(content_type, body)


FORMS = {
    "as the RFC has it": answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS)),
    "the other order": answer((CERTS_HEAD, CERTS), (KEY_HEAD, KEY)),
    "bare line feeds": answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS), line=b"\n"),
    "wrapped base64": answer(
        (KEY_HEAD, KEY), (CERTS_HEAD, "\r\n".join(textwrap.wrap(CERTS.decode(), 64)).encode())
    ),
    "a trailing NUL": answer((KEY_HEAD, KEY + b"\0"), (CERTS_HEAD, CERTS + b"\n\0")),
    "an encoding that is said": answer(
        (KEY_HEAD, KEY), (CERTS_HEAD, CERTS), extra=b"Content-Transfer-Encoding: base64\r\n"
    ),
    "an encoding that is wrong": answer(
        (KEY_HEAD, KEY), (CERTS_HEAD, CERTS), extra=b"Content-Transfer-Encoding: binary\r\n"
    ),
    "kinds that are not said": answer((_PKCS7, KEY), (_PKCS7, CERTS)),
    "folded headers": answer(
        (KEY_HEAD.replace("; ", ";\r\n\t"), KEY), (CERTS_HEAD.replace("; ", ";\r\n "), CERTS)
    ),
    "quoted parameters": answer(
        (KEY_HEAD.replace("=", '="') + '"', KEY), (CERTS_HEAD.replace("=", '="') + '"', CERTS)
    ),
    "capitals": answer((KEY_HEAD.upper(), KEY), (CERTS_HEAD.upper(), CERTS)),
    "a preamble": b"ignore me\r\n" + answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS)),
    "no end": answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS)).removesuffix(b"--limit--\r\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_read_in_every_form(form):
    found = read(FORMS[form])
    assert found.envelope == ENVELOPE
    assert found.certificate == CERTIFICATE


def nested(levels: int) -> bytes:
    """Return parts within parts, each with a boundary of its own."""
    head = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (at, at + 1)
        for at in range(levels)
    )
    return head.replace(b"--b0\r", b"--limit\r", 1) + answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS))


REFUSED = {
    "parts within parts": nested(1),
    "parts within parts within parts …": nested(3000),
    "a third part": answer((KEY_HEAD, KEY), (CERTS_HEAD, CERTS), ("text/plain", b"more")),
    "more parts than can be counted": answer(*[(KEY_HEAD, KEY)] * 5000),
    "headers without end": b"--limit\r\n" + b"X: y\r\n" * 50000,
    "headers longer than any": answer(
        (KEY_HEAD, KEY), (CERTS_HEAD, CERTS), extra=b"X: y\r\n" * 5000
    ),
    "a key in clear": answer(("application/pkcs8", KEY), (CERTS_HEAD, CERTS)),
    "no key": answer((CERTS_HEAD, CERTS)),
    "no certificate": answer((KEY_HEAD, KEY)),
    "nothing": b"",
    "no base64": answer((KEY_HEAD, b"%%%"), (CERTS_HEAD, CERTS)),
    "no certificates in certs-only": answer((KEY_HEAD, KEY), (CERTS_HEAD, KEY)),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_none_is_refused(form):
    with pytest.raises(EstBodyError):
        read(REFUSED[form])


def test_a_single_part_is_refused():
    with pytest.raises(EstBodyError):
        read(KEY, KEY_HEAD)


def test_however_deep_it_is_nested_no_part_within_a_part_is_looked_into(monkeypatch):
    looked_into = []
    real = two_parts._part
    monkeypatch.setattr(two_parts, "_part", lambda piece: looked_into.append(piece) or real(piece))
    with pytest.raises(EstBodyError, match="parts within parts"):
        read(nested(3000))
    assert len(looked_into) == 1


@given(st.binary(max_size=300), st.text(max_size=40))
def test_nothing_else_is_ever_raised(body, content_type):
    with pytest.raises(EstBodyError):
        read(body, content_type)


class TestSm2:
    """The key in a media type of its own: as SM2EnvelopedKey, whichever form it came in."""

    ONE, SIGNING = Sm2PrivateKey.new(), Sm2PrivateKey.new()
    ENVELOPED = Sm2EnvelopedKey.made(ONE.private, ONE.public, SIGNING.public)
    CERTS = base64.b64encode(
        pkcs7.serialize_certificates(
            [certified(ONE.public, NOW, CertificateUse.ENCRYPTION)], Encoding.DER
        )
    )

    @pytest.mark.parametrize(
        "form", [ENVELOPED.der, key_blob(ENVELOPED), signed_and_enveloped(ENVELOPED)]
    )
    @pytest.mark.parametrize("head", [SM2_ENVELOPED_KEY_TYPE, SM2_ENVELOPED_KEY_TYPE.upper()])
    def test_it_is_read(self, form, head):
        key = base64.b64encode(form)
        for parts in (
            [(head, key), (CERTS_HEAD, self.CERTS)],
            [(CERTS_HEAD, self.CERTS), (head, key)],
        ):
            found = read(answer(*parts))
            assert (found.envelope, found.kind) == (self.ENVELOPED.der, EnvelopeKind.SM2)

    def test_cms_is_told_from_it(self):
        assert read(FORMS["as the RFC has it"]).kind is EnvelopeKind.CMS

    def test_another_form_is_named(self):
        with pytest.raises(UnknownFormError, match="PKCS#8"):
            read(
                answer(
                    (SM2_ENVELOPED_KEY_TYPE, base64.b64encode(self.ONE.pkcs8)),
                    (CERTS_HEAD, self.CERTS),
                )
            )

    def test_one_cut_short_is_refused(self):
        key = base64.b64encode(self.ENVELOPED.der[:-1])
        with pytest.raises(EnvelopedKeyError):
            read(answer((SM2_ENVELOPED_KEY_TYPE, key), (CERTS_HEAD, self.CERTS)))

    @pytest.mark.parametrize("form", [ENVELOPED.der, signed_and_enveloped(ENVELOPED)])
    def test_a_certificate_for_a_point_off_the_curve_is_refused_not_asked_for_again(self, form):
        x, y = self.ONE.public.bits[1:33], self.ONE.public.bits[33:]
        whole = certified(self.ONE.public, NOW, CertificateUse.ENCRYPTION)
        twisted = whole.public_bytes(Encoding.DER).replace(x + y, y + x)
        certs = pkcs7.serialize_certificates([load_der_x509_certificate(twisted)], Encoding.DER)
        parts = [
            (SM2_ENVELOPED_KEY_TYPE, base64.b64encode(form)),
            (CERTS_HEAD, base64.b64encode(certs)),
        ]
        with pytest.raises(EnvelopedKeyError, match="no key read here"):
            read(answer(*parts))
