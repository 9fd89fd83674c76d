"""What a portal's server is told to check, in Python and in the page's Java: both take and refuse the same.

Needs openssl, ecj and libbcpkix-java.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from certificate_maker import ec_key, make_sm2_der, make_x509, openssl, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))

from bouncy_castle import ECJ, JARS

from agent.certificates.parsing import parse_certificate
from agent.portal_signing.login import Login
from agent.signing.pages import PageDocument, page_draft
from sandbox.portal import verify
from sandbox.portal.verify import Portal, RefusedError

ROOT = Path(__file__).parents[2]
ORIGIN, OTHER = "https://etax.example.gov.cn", "https://evil.example"
NONCE = "A" * 43 + "="
CONTENT = "合同".encode() * 100
NOW = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
"""After the moment at which openssl makes certificates."""
DAY = dt.timedelta(days=1)
MEMBERS = ("unverifiedCertificate", "algorithm", "signature", "format")


class Java:
    """The class in docs/portals.md, compiled with something that calls it."""

    def __init__(self, folder: Path) -> None:
        [page] = re.findall(
            r"^```java\n(.*?)^```", (ROOT / "docs/portals.md").read_text(), re.DOTALL | re.MULTILINE
        )
        (folder / "Portal.java").write_text(page)
        sources = [folder / "Portal.java", Path(__file__).with_name("PortalPage.java")]
        done = subprocess.run(
            [*ECJ, "-proc:none", "-nowarn", "-17", "-cp", JARS, "-d", folder, *sources],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}:{folder}", "PortalPage"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, job, portal, now, *given):
        """Return the certificate in DER; RefusedError."""
        milliseconds = str(int(now.timestamp() * 1000))
        issuer = portal.issuers[0].public_bytes(Encoding.DER)
        words = [
            base64.b64encode(word.encode() if isinstance(word, str) else word).decode()
            for word in (portal.origin, issuer, milliseconds, *given)
        ]
        self.process.stdin.write(" ".join((job, *words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer.startswith("error"):
            raise RefusedError(answer)
        return base64.b64decode(answer)

    def logged_in(self, portal, token, nonce, now):
        return self.ask("loggedIn", portal, now, nonce, *(token[name] for name in MEMBERS))

    def signed(self, portal, signature, content, now):
        return self.ask("signed", portal, now, signature, content)


class Python:
    """The sandbox portal's own."""

    def logged_in(self, portal, token, nonce, now):
        return portal.logged_in(token, nonce, now).public_bytes(Encoding.DER)

    def signed(self, portal, signature, content, now):
        return portal.signed(signature, content, now).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    server = Java(tmp_path_factory.mktemp("java"))
    with server.process:
        yield server
        server.process.stdin.close()
        assert server.process.wait(20) == 0


@pytest.fixture(params=["python", "java"])
def server(request):
    return Python() if request.param == "python" else request.getfixturevalue("java")


class Holder:
    """Somebody with a key, and the certificate of one that a portal takes."""

    def __init__(self, issuer, certificate, sign):
        self.issuer, self.der, self.sign = issuer, certificate, sign

    def token(self, origin=ORIGIN, nonce=NONCE):
        login = Login(origin, nonce, parse_certificate(self.der))
        made = login.token(self.sign(login.to_be_signed, login.digest))
        names = ("unverified_certificate", "algorithm", "signature", "format")
        return dict(zip(MEMBERS, (getattr(made, name) for name in names), strict=True))

    def signature(self, content=CONTENT, origin=ORIGIN):
        draft = page_draft(
            PageDocument(content, "a.pdf"), certificate=self.der, origin=origin,
            is_detached=True, signing_time=NOW,
        )  # fmt: skip
        return draft.message(self.sign(draft.to_be_signed, "sha256"))


CA = make_x509(
    key=ec_key("issuer"), is_ca=True, usage=frozenset({"key_cert_sign"}),
    not_before=NOW - DAY, not_after=NOW + DAY,
)  # fmt: skip


def software(key, **options):
    certificate = make_x509(
        key=key, issuer=CA.subject, **{"not_before": NOW - DAY, "not_after": NOW + DAY} | options
    )

    def sign(data, digest):
        algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[digest]
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(algorithm))
        return key.sign(data, padding.PKCS1v15(), algorithm)

    return Holder(CA, certificate.public_bytes(Encoding.DER), sign)


def national(folder):
    der = make_sm2_der(folder, "digitalSignature,nonRepudiation")

    def sign(data, _digest):
        (folder / "data").write_bytes(data)
        return openssl(
            "pkeyutl", "-sign", "-inkey", "sm2.key", "-rawin", "-in", "data", "-digest", "sm3",
            "-pkeyopt", "distid:1234567812345678", folder=folder,
        )  # fmt: skip

    return Holder(x509.load_der_x509_certificate(der), der, sign)


@pytest.fixture(params=["RSA", "P-256", "P-384", "SM2"])
def holder(request, tmp_path):
    keys = {
        "RSA": rsa_key,
        "P-256": ec_key,
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    }
    return national(tmp_path) if request.param == "SM2" else software(keys[request.param]())


def test_it_takes_a_log_in_and_none_for_others(server, holder):
    here, elsewhere = Portal(ORIGIN, (holder.issuer,)), Portal(OTHER, (holder.issuer,))
    token = holder.token()
    assert server.logged_in(here, token, NONCE, NOW) == holder.der
    other = software(ec_key("other")).token()
    for portal, given, nonce, now in (
        (elsewhere, token, NONCE, NOW),
        (here, token, "B" * 44, NOW),
        (here, token, NONCE, NOW + 400 * DAY),
        (here, token, NONCE, NOW - 400 * DAY),
        (Portal(ORIGIN, (make_x509(key=rsa_key("no issuer"), is_ca=True),)), token, NONCE, NOW),
        (here, {**token, "signature": other["signature"]}, NONCE, NOW),
        (here, {**token, "signature": ""}, NONCE, NOW),
        (here, {**token, "format": "web-eid:1.1"}, NONCE, NOW),
        (here, {**token, "algorithm": "none"}, NONCE, NOW),
        (here, {**token, "unverifiedCertificate": "AAAA"}, NONCE, NOW),
    ):
        with pytest.raises(RefusedError):
            server.logged_in(portal, given, nonce, now)


def test_it_takes_a_signature_and_none_of_something_else(server, holder):
    here, elsewhere = Portal(ORIGIN, (holder.issuer,)), Portal(OTHER, (holder.issuer,))
    signature = holder.signature()
    assert server.signed(here, signature, CONTENT, NOW) == holder.der
    for portal, given, content, now in (
        (elsewhere, signature, CONTENT, NOW),
        (here, signature, CONTENT + b"!", NOW),
        (here, signature, CONTENT, NOW + 400 * DAY),
        (here, holder.signature(origin=OTHER), CONTENT, NOW),
        (here, holder.signature(origin=""), CONTENT, NOW),
        (here, signature[:-1] + bytes((signature[-1] ^ 1,)), CONTENT, NOW),
        (here, b"", CONTENT, NOW),
    ):
        with pytest.raises(RefusedError):
            server.signed(portal, given, content, now)


@pytest.mark.parametrize("usage", [frozenset({"key_encipherment"}), None])
def test_it_takes_nothing_with_a_certificate_for_something_else(server, usage):
    here = Portal(ORIGIN, (CA,))
    holder = software(ec_key(), usage=usage)
    with pytest.raises(RefusedError):
        server.logged_in(here, holder.token(), NONCE, NOW)
    with pytest.raises(RefusedError):
        server.signed(here, holder.signature(), CONTENT, NOW)


def test_it_is_as_short_as_the_documentation_says():
    source = Path(verify.__file__).read_text()
    ignored = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines, before = set(), None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        is_docstring = token.type == tokenize.STRING and before in (None, "\n", ":")
        if token.type not in ignored and not is_docstring:
            lines.update(range(token.start[0], token.end[0] + 1))
        if token.type != tokenize.NL and token.type not in (tokenize.INDENT, tokenize.DEDENT):
            before = "\n" if token.type == tokenize.NEWLINE else token.string
    assert len(lines) <= 60
