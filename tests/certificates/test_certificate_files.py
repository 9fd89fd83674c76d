"""Files of certificates as authorities hand them out: PEM and DER alike, old headers, whatever the editor."""

from __future__ import annotations

import base64
import ssl

import pytest
from certificate_maker import make_der, openssl

from agent.certificates.files import CertificateFileError, certificates_in
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.network.tls import pinned_tls

SIGNS = frozenset({"key_cert_sign"})
ONE, OTHER = make_der(is_ca=True, usage=SIGNS), make_der(is_ca=True, usage=SIGNS)


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


FILES = {
    "PEM": (pem(ONE), [ONE]),
    "DER": (ONE, [ONE]),
    "several": (pem(ONE) + b"\n# the other\n" + pem(OTHER), [ONE, OTHER]),
    "an older header": (pem(ONE, "X509 CERTIFICATE"), [ONE]),
    "CR LF": (pem(ONE).replace(b"\n", b"\r\n"), [ONE]),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + pem(ONE), [ONE]),
    "UTF-16": (pem(ONE).decode().encode("utf-16"), [ONE]),
    "remarks in GBK": ("样例根证书\n".encode("gbk") + pem(ONE), [ONE]),
    "bytes behind DER": (ONE + b"\r\n", [ONE]),
    "a key beside it": (pem(b"0\0", "PRIVATE KEY") + pem(ONE), [ONE]),
}


@pytest.mark.parametrize("kind", FILES)
def test_certificates_are_found_in_files_of_any_kind(kind, tmp_path):
    content, ders = FILES[kind]
    assert certificates_in(content) == ders
    (tmp_path / "anchor").write_bytes(content)
    assert sorted(pinned_tls(tmp_path / "anchor").get_ca_certs(binary_form=True)) == sorted(ders)


def test_what_openssl_calls_trusted_is_read(tmp_path):
    trusted = openssl("x509", "-inform", "DER", "-trustout", "-addtrust", "serverAuth", stdin=ONE)
    assert b"TRUSTED CERTIFICATE" in trusted
    assert certificates_in(trusted) == [ONE]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither as PEM nor as DER"),
        (b"<html>Not found</html>", "neither as PEM nor as DER"),
        (pem(b"0\0", "PRIVATE KEY"), "neither as PEM nor as DER"),
        (pem(b"no certificate"), "damaged"),
        (pem(ONE[:-20]), "damaged"),
    ],
)
def test_a_file_without_a_certificate_says_so_in_both_languages(content, said, tmp_path):
    with pytest.raises(CertificateFileError, match=said) as told:
        certificates_in(content)
    in_chinese = OdcError(reason=str(told.value)).text(Language.ZH)
    assert str(told.value) not in in_chinese


def test_a_pinned_anchor_trusts_nobody_else(tmp_path):
    (tmp_path / "anchor.der").write_bytes(ONE)
    tls = pinned_tls(tmp_path / "anchor.der")
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.get_ca_certs(binary_form=True) == [ONE]
