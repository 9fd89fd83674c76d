"""EST bodies: strict in what is sent, patient in what is read (RFC 7030, RFC 8951)."""

from __future__ import annotations

import base64

import pytest
from certificate_maker import make_x509, openssl
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given
from hypothesis import strategies as st

from agent.renewals.authorities.est_messages import (
    EstBodyError,
    decode_body,
    decode_certificates,
    encode_body,
)

DATA = bytes(range(256))
LINE = base64.b64encode(DATA)
WRAPPED = base64.encodebytes(DATA)


@given(st.binary(max_size=500))
@example(b"")
def test_what_is_sent_is_read_again(der):
    assert decode_body(encode_body(der)) == der


@given(st.binary(min_size=1, max_size=500))
def test_what_is_sent_has_64_columns_and_ends_its_last_line(der):
    *lines, last, nothing = encode_body(der).split(b"\n")
    assert nothing == b""
    assert all(len(line) == 64 for line in lines)
    assert 0 < len(last) <= 64


@pytest.mark.parametrize(
    "body",
    [
        LINE,
        LINE + b"\n",
        WRAPPED,
        WRAPPED.replace(b"\n", b"\r\n"),
        WRAPPED.replace(b"\n", b"\r"),
        WRAPPED + b"\0",
        LINE + b"\0",
        b"\r\n" + LINE + b"\r\n\r\n",
        b"  " + WRAPPED.replace(b"\n", b" \n\t"),
        b"-----BEGIN PKCS7-----\n" + WRAPPED + b"-----END PKCS7-----\n",
        b"-----BEGIN CERTIFICATE REQUEST-----\r\n" + LINE + b"\r\n-----END CERTIFICATE REQUEST-----",
        b" ".join(bytes([byte]) for byte in LINE),
    ],
    ids=[
        "one line", "one line LF", "wrapped", "CRLF", "CR", "wrapped NUL", "one line NUL",
        "empty lines", "blanks", "PEM", "PEM CRLF", "blank after each",
    ],
)  # fmt: skip
def test_all_known_ways_to_write_base64_are_read(body):
    assert decode_body(body) == DATA


@given(
    st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 300), st.sampled_from("\r\n\t \0")))
)
def test_white_space_anywhere_means_nothing(data, noise):
    body = bytearray(base64.b64encode(data))
    for position, blank in noise:
        body.insert(min(position, len(body)), ord(blank))
    assert decode_body(bytes(body)) == data


@pytest.mark.parametrize("body", [b"<html>", b"abc", b"a===", b"ab-_", "证书".encode(), b"\xff"])
def test_what_is_not_base64_is_refused(body):
    with pytest.raises(EstBodyError):
        decode_body(body)


def certs_only(folder, *certificates) -> bytes:
    """Let openssl make a certs-only message."""
    chain = folder / "chain.pem"
    chain.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    return openssl("crl2pkcs7", "-nocrl", "-certfile", str(chain), "-outform", "DER")


def test_a_certs_only_message_of_openssl_is_read(tmp_path):
    certificate = make_x509()
    message = certs_only(tmp_path, certificate)
    assert decode_certificates(encode_body(message)) == [certificate]


@pytest.mark.filterwarnings("ignore:PKCS#7 certificates could not be parsed as DER")
def test_a_chain_is_read_whole_in_whatever_order_it_comes(tmp_path):
    chain = [make_x509(), make_x509(), make_x509()]
    found = decode_certificates(encode_body(certs_only(tmp_path, *chain)))
    assert sorted(found, key=hash) == sorted(chain, key=hash)


def test_a_message_without_certificates_is_refused():
    message = openssl("crl2pkcs7", "-nocrl", "-outform", "DER")
    with pytest.raises(EstBodyError):
        decode_certificates(encode_body(message))


@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_are_refused(der):
    with pytest.raises(EstBodyError):
        decode_certificates(encode_body(der))


def test_a_truncated_message_is_refused(tmp_path):
    message = certs_only(tmp_path, make_x509())
    for length in range(1, len(message), 37):
        with pytest.raises(EstBodyError):
            decode_certificates(encode_body(message[:length]))


def test_a_certificate_in_place_of_a_message_is_refused():
    with pytest.raises(EstBodyError):
        decode_certificates(encode_body(make_x509().public_bytes(Encoding.DER)))


def test_cms_of_another_kind_is_refused(tmp_path):
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c.pem",
        "-subj", "/CN=x", folder=tmp_path,
    )  # fmt: skip
    enveloped = openssl("cms", "-encrypt", "-outform", "DER", "c.pem", stdin=b"x", folder=tmp_path)
    with pytest.raises(EstBodyError):
        decode_certificates(encode_body(enveloped))
