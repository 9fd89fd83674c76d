"""What is taken of a server's certificates: each row of the table in docs/security.md, on every Python."""

from __future__ import annotations

import _ssl
import ctypes
import datetime as dt
import itertools
import re
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

from agent.network.tls import pinned_tls, public_tls, unproved_tls

ROOT = Path(__file__).resolve().parents[2]
HOST = "ra.example.cn"
START, END = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


@cache
def key(name):
    if name == "rsa1024":
        return rsa.generate_private_key(65537, 1024)
    return ec.generate_private_key(ec.SECP256R1())


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: object


def usage(*, certs):
    flags = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    return x509.KeyUsage(digital_signature=not certs, key_cert_sign=certs, **flags)


def issue(
    name, issuer=None, *, is_ca=None, path=None, critical=True, key_name=None, identifiers=True,
    hosts=(HOST,), purposes=(), signs_certs=None, start=START, end=END, extra=(),
):  # fmt: skip
    own = key(key_name or name)
    by = issuer or Issued(None, own)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(by.certificate.subject if issuer else named(name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if is_ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(is_ca, path), critical)
    if signs_certs is not None:
        builder = builder.add_extension(usage(certs=signs_certs), True)
    if identifiers:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False
        )
    if hosts and not is_ca:
        names = [x509.DNSName(host) for host in hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    for extension, is_critical in extra:
        builder = builder.add_extension(extension, is_critical)
    return Issued(builder.sign(by.key, hashes.SHA256()), own)


def root(**options):
    return issue("root", **{"is_ca": True, "signs_certs": True, **options})


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
OTHER_NAMES = x509.NameConstraints([x509.DNSName("other.example")], None)
YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)


def leaf(issuer, **options):
    return issue("server", issuer, **{"is_ca": False, **options})


def below(made_root, **options):
    """A sub-CA of the root."""
    return issue("sub", made_root, **{"is_ca": True, "signs_certs": True, **options})


def case(top, *chain, anchor=None):
    """The anchor, and what the server sends: its own certificate first."""
    return anchor or top, tuple(reversed(chain))


def cases():
    r = root()
    bare, plain_ca = root(identifiers=False), root(signs_certs=None)
    sub = below(r)
    yield "complete", case(r, leaf(r))
    yield "without Authority Key Identifier", case(r, leaf(r, identifiers=False))
    yield "root without key identifiers", case(bare, leaf(bare))
    yield "CA without key usage", case(plain_ca, leaf(plain_ca))
    soft = root(critical=False)
    yield "CA whose basic constraints are not critical", case(soft, leaf(soft))
    subless = below(r, identifiers=False)
    yield "sub-CA without key identifiers", case(r, subless, leaf(subless))
    yield "sub-CA pinned, root unknown", case(r, sub, leaf(sub), anchor=sub)
    yield "common name only", case(r, issue(HOST, r, is_ca=False, hosts=()))
    yield "without basic constraints", case(r, leaf(r, is_ca=None))


def refused():
    r = root()
    other = issue("another root", is_ca=True, signs_certs=True)
    sub = below(r)
    forged = leaf(r)
    yield "expired", "expired", case(r, leaf(r, end=YESTERDAY))
    yield (
        "not yet valid",
        "not yet valid",
        case(r, leaf(r, start=dt.datetime(2098, 1, 1, tzinfo=dt.UTC))),
    )
    yield "CA expired", "expired", case(r, s := below(r, end=YESTERDAY), leaf(s))
    yield "another name", "mismatch", case(r, leaf(r, hosts=("other.example",)))
    yield "a star over two labels", "mismatch", case(r, leaf(r, hosts=("*.cn",)))
    yield (
        "another root",
        "unable to get local issuer|self-signed",
        case(r, other, leaf(other), anchor=r),
    )
    yield "self-signed", "self-signed", case(r, issue("server", is_ca=False), anchor=r)
    yield (
        "issued by a server's certificate",
        "invalid CA",
        case(r, forged, issue("evil", forged, is_ca=False)),
    )
    yield (
        "CA that may not sign certificates",
        "invalid CA|key usage",
        case(r, s := below(r, signs_certs=False), leaf(s)),
    )
    short = below(r, path=0)
    yield (
        "longer than its CA allows",
        "path length",
        case(r, short, deep := issue("deep", short, is_ca=True, signs_certs=True), leaf(deep)),
    )
    yield "for clients", "purpose|unsuitable", case(r, leaf(r, purposes=(Eku.CLIENT_AUTH,)))
    yield (
        "unknown critical extension",
        "critical extension",
        case(r, leaf(r, extra=((UNKNOWN, True),))),
    )
    yield (
        "outside its CA's names",
        "subtree|constraint",
        case(r, s := below(r, extra=((OTHER_NAMES, True),)), leaf(s)),
    )
    yield "RSA with 1024 bits", "key too weak", case(r, leaf(r, key_name="rsa1024"))
    yield "sub-CA not sent", "unable to get", case(r, leaf(sub))


ACCEPTED = dict(cases())
REFUSED = {name: (reason, made) for name, reason, made in refused()}


def pem(certificate):
    return certificate.public_bytes(Encoding.PEM)


def handshake(client, folder, chain, *, most=ssl.TLSVersion.TLSv1_3):
    """Let both shake hands in memory."""
    private = chain[0].key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    identity = folder / "server.pem"
    identity.write_bytes(private + b"".join(pem(each.certificate) for each in chain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    if most < ssl.TLSVersion.TLSv1_2:
        server.minimum_version = most
    server.maximum_version = most
    server.load_cert_chain(identity)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname=HOST)
    theirs = server.wrap_bio(up, down, server_side=True)
    for side in itertools.chain.from_iterable(itertools.repeat((ours, theirs), 3)):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def anchored(folder, anchor):
    file = folder / "anchor.pem"
    file.write_bytes(pem(anchor.certificate))
    return pinned_tls(file)


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_real_servers_lack_is_taken(tmp_path, name):
    anchor, chain = ACCEPTED[name]
    handshake(anchored(tmp_path, anchor), tmp_path, chain)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_dangerous_is_refused(tmp_path, name):
    reason, (anchor, chain) = REFUSED[name]
    with pytest.raises(ssl.SSLError) as refusal:
        handshake(anchored(tmp_path, anchor), tmp_path, chain)
    assert re.search(reason, str(refusal.value), re.IGNORECASE), refusal.value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the server's old versions
def test_a_server_of_before_tls_1_2_is_refused(tmp_path):
    made = root()
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol"):
        handshake(anchored(tmp_path, made), tmp_path, (leaf(made),), most=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("made_by", [pinned_tls, public_tls])
def test_an_old_error_of_somebody_elses_openssl_is_not_taken_for_ours(tmp_path, made_by):
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(pem(root().certificate))
    leave_an_error_in_openssl()
    assert made_by(anchor).cert_store_stats()["x509_ca"] >= 1


def leave_an_error_in_openssl():
    """As modules of tokens do, which share the system's OpenSSL and its queue of the thread."""
    # The extension has OpenSSL's own functions: of the library it is linked to, or of itself.
    openssl = ctypes.CDLL(_ssl.__file__)
    broken = ctypes.c_char_p(bytes.fromhex("3003020101"))
    openssl.d2i_X509.restype = ctypes.c_void_p
    assert openssl.d2i_X509(None, ctypes.byref(broken), 5) is None
    openssl.ERR_peek_error.restype = ctypes.c_ulong
    assert openssl.ERR_peek_error()


def test_every_context_is_told_what_to_take_and_none_writes_its_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for made in (anchored(tmp_path, root()), public_tls(), unproved_tls()):
        assert made.verify_flags == ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
        assert made.minimum_version is ssl.TLSVersion.TLSv1_2
        assert made.keylog_filename is None


def test_the_agents_contexts_are_all_made_in_one_place():
    makers = re.compile(
        r"create_default_context|SSLContext\(|_create_unverified|urlopen|verify=(True|False)"
    )
    found = {
        str(file.relative_to(ROOT))
        for folder in ("agent", "native_host")
        for file in (ROOT / folder).rglob("*.py")
        if makers.search(file.read_text("utf-8").partition('"""\n')[2])
    }
    assert found == {"agent/network/tls.py"}
    clients = re.compile(r"httpx\.(Async)?Client\((?!\s*$)[^)]*\)|httpx\.(Async)?Client\(\n[^)]*\)")
    for file in (ROOT / "agent").rglob("*.py"):
        for call in clients.finditer(file.read_text("utf-8")):
            assert "verify=" in call[0], f"{file}: {call[0]}"


def test_the_table_of_the_security_model_has_each_row():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([^|]+?) \| (accepted|refused) \|", page, flags=re.MULTILINE))
    assert rows == dict.fromkeys(ACCEPTED, "accepted") | dict.fromkeys(
        [*REFUSED, "TLS 1.1 and before"], "refused"
    )
