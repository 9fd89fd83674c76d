"""EST bodies in every shape that real clients send."""

from __future__ import annotations

import base64

import pytest

from sandbox.server.est_messages import decode_body

DER = bytes(range(256)) * 3
ONE_LINE = base64.b64encode(DER)
WRAPPED = base64.encodebytes(DER)


@pytest.mark.parametrize(
    "body",
    [
        ONE_LINE,
        ONE_LINE + b"\n",
        WRAPPED,
        WRAPPED.replace(b"\n", b"\r\n"),
        WRAPPED + b"\0",
        WRAPPED.replace(b"\n", b" \t\n\n"),
        b"-----BEGIN CERTIFICATE REQUEST-----\n" + WRAPPED + b"-----END CERTIFICATE REQUEST-----\n",
        b"-----BEGIN NEW CERTIFICATE REQUEST-----\r\n"
        + WRAPPED
        + b"-----END NEW CERTIFICATE REQUEST-----",
    ],
    ids=["line", "line-lf", "wrapped", "crlf", "nul", "blanks", "pem", "new-pem"],
)
def test_base64_is_read_in_any_shape(body):
    assert decode_body(body) == DER


@pytest.mark.parametrize("shape", ["line", "wrapped", "pem", "nul"])
def test_the_server_takes_any_shape(quick_desk, renewal_at, shape):
    renewal = renewal_at(quick_desk)
    renewal.submit()
    wrapped = base64.encodebytes(renewal.csr)
    bodies = {
        "line": base64.b64encode(renewal.csr),
        "wrapped": wrapped,
        "pem": b"-----BEGIN CERTIFICATE REQUEST-----\n"
        + wrapped
        + b"-----END CERTIFICATE REQUEST-----\n",
        "nul": wrapped + b"\0",
    }
    assert renewal.enrol(bodies[shape]).status_code == 202
