"""Time-stamps and proofs in signed PDFs, by an authority nobody here wrote; OpenSSL checks them."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import shutil
import socket
import threading
from pathlib import Path

import pytest
from asn1crypto import cms
from authority_peer import AuthorityPeer
from certificate_maker import openssl
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pdf_documents import parts_of, pdfsig, plain
from signing_desk import KEY_ID, SigningDesk
from soft_token import SoftTokens, logged_in

from agent.certificates.chain import TrustStore
from agent.certificates.parsing import parse_certificate
from agent.network.reader import Limits
from agent.settings.config import Config, SigningSettings
from agent.signing import asking
from agent.signing.asking import TsaMissingError
from agent.signing.pdf.checking import check_pdf
from agent.signing.pdf.inside import Level, PdfWish
from agent.signing.pdf.model import Since
from agent.signing.verifying import Doubt
from agent.tokens import protocol


@pytest.fixture(scope="module")
def with_key(tmp_path_factory) -> tuple[SoftTokens, bytes]:
    """A token with a key, made once: each test gets a copy."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()

    async def make() -> bytes:
        async with logged_in(tokens) as session:
            wish = protocol.GenerateKeyPair(key=KEY_ID, label="sign", key_types=("ec:secp256r1",))
            return (await session.call(wish)).public_key

    return tokens, asyncio.run(make())


@pytest.fixture
def make_desk(tokens, with_key, tmp_path):
    """Return what gives a desk whose certificate the peer issued."""
    shutil.rmtree(tokens.store)
    shutil.copytree(with_key[0].store, tokens.store)

    @contextlib.asynccontextmanager
    async def desk(tsa: str | None = None, *, is_revoked: bool = False, has_root: bool = True):
        folder = tmp_path / "peer"
        folder.mkdir()
        with AuthorityPeer(folder, with_key[1], is_revoked=is_revoked) as peer:
            tokens.write((KEY_ID.hex(), "sign", peer.certificate("signer")))

            async def trust() -> TrustStore:
                roots = [parse_certificate(peer.certificate("root"))] if has_root else []
                return TrustStore(roots)

            config = Config(signing=SigningSettings(tsa=peer.tsa if tsa is None else tsa))
            async with SigningDesk(tokens, tmp_path, trust, peer.now, lambda: config) as desk:
                desk.peer, desk.trust = peer, trust
                yield desk

    return desk


@pytest.fixture
def file(tmp_path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    file = folder / "contract.pdf"
    file.write_bytes(plain())
    return file


async def sign(desk, file: Path, level: Level | None = None):
    """Sign a file, and return what became of it."""
    told, ended = await desk.sign([file], pdf=PdfWish(level=level))
    assert (told, ended.error) == (None, None)
    [became] = ended.files
    assert became.error is None, became.error
    return became


async def checked(desk, file: str):
    found = await check_pdf(Path(file), trust=desk.trust, clock=lambda: desk.peer.now)
    return found.signatures


async def test_a_time_stamp_openssl_takes(make_desk, file, tmp_path):
    async with make_desk() as desk:
        became = await sign(desk, file)
        assert (became.level, became.shortfall) == ("b-t", None)
        made = Path(became.signature)
        root = desk.peer.certificate("root")
        [found] = await checked(desk, became.signature)
    assert "Signature is Valid." in pdfsig(made)
    _, message = parts_of(made.read_bytes())
    signer = cms.ContentInfo.load(message)["content"]["signer_infos"][0]
    [attribute] = signer["unsigned_attrs"]
    (tmp_path / "token").write_bytes(attribute["values"][0].dump())
    (tmp_path / "signature").write_bytes(signer["signature"].native)
    pem = x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM)
    (tmp_path / "root.pem").write_bytes(pem)
    command = "ts -verify -token_in -in token -data signature -CAfile root.pem"
    assert b"Verification: OK" in openssl(*command.split(), folder=tmp_path)
    assert found.is_intact
    assert found.verified.doubts == ()
    assert found.stamped.is_trusted
    assert found.stamped.authority.common_name == "Peer Time"
    assert not found.has_proofs


async def test_proofs_are_in_the_file(make_desk, file):
    async with make_desk() as desk:
        became = await sign(desk, file, Level.LT)
        assert (became.level, became.shortfall) == ("b-lt", None)
        # Whoever verifies it asks nobody.
        [found] = await checked(desk, became.signature)
    assert found.is_intact
    assert found.has_proofs
    assert found.since is Since.PROVED
    assert found.verified.doubts == ()
    content = Path(became.signature).read_bytes()
    assert b"/DSS" in content
    assert "Signature is Valid." in pdfsig(Path(became.signature))


async def test_what_is_asked_for_is_the_level(make_desk, file):
    async with make_desk() as desk:
        assert (await sign(desk, file, Level.B)).level == "b-b"


async def test_no_authority_is_configured(make_desk, file):
    async with make_desk(tsa="") as desk:
        with pytest.raises(TsaMissingError):
            await desk.service.sign_files(desk.thumbprint, [file], pdf=PdfWish(level=Level.T))
        assert (await sign(desk, file)).level == "b-b"


async def test_a_revoked_certificate_is_told(make_desk, file):
    async with make_desk(is_revoked=True) as desk:
        became = await sign(desk, file, Level.LT)
        assert (became.level, became.shortfall.code) == ("b-t", "certificate_revoked")
        assert Path(became.signature).exists()


async def test_nobody_is_trusted(make_desk, file):
    async with make_desk(has_root=False) as desk:
        became = await sign(desk, file)
        [found] = await checked(desk, became.signature)
    assert found.is_intact
    assert set(found.verified.doubts) == {Doubt.UNTRUSTED, Doubt.TIMESTAMP_UNTRUSTED}


class _Wrong(http.server.BaseHTTPRequestHandler):
    """Answers with what its server has."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def wrong(status: int, body: bytes):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Wrong)
    server.answer = (status, body)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def silent():
    """Somebody who takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@contextlib.contextmanager
def dead():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield f"http://127.0.0.1:{port}/"


REFUSAL = bytes.fromhex("30053003020102")  # PKIStatus rejection


@pytest.mark.parametrize(
    "server",
    [
        dead,
        silent,
        lambda: wrong(500, b""),
        lambda: wrong(200, b""),
        lambda: wrong(200, b"<html>log in</html>"),
        lambda: wrong(200, REFUSAL),
        lambda: wrong(200, b"0" * (1 << 20)),
    ],
    ids=["dead", "silent", "error", "empty", "page", "refusal", "endless"],
)
async def test_a_signature_is_kept_without_its_time_stamp(make_desk, file, monkeypatch, server):
    monkeypatch.setattr(asking, "_SMALL", Limits(size=256 << 10, seconds=2))
    other = file.with_name("other.pdf")
    other.write_bytes(plain(1))
    with server() as url:
        async with make_desk(tsa=url) as desk:
            _, ended = await desk.sign([file, other], pdf=PdfWish(level=Level.LT))
            for became in ended.files:
                assert became.error is None
                assert (became.level, became.shortfall.code) == ("b-b", "timestamp_missing")
                [found] = await checked(desk, became.signature)
                assert found.is_intact
                assert found.stamped is None


async def test_an_answer_to_another_question(make_desk, file, monkeypatch):
    """A time-stamp of the same signature with another nonce: a recording."""
    monkeypatch.setattr(asking.secrets, "randbits", lambda _bits: 5)
    real = asking.read_timestamp

    def read(token, digest, nonce):
        return real(token, digest, nonce + 1)

    monkeypatch.setattr(asking, "read_timestamp", read)
    async with make_desk() as desk:
        became = await sign(desk, file)
    assert (became.level, became.shortfall.code) == ("b-b", "timestamp_missing")
