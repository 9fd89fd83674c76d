"""The release build, from the zip a store gets, on a portal's own name over https."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import ssl
import zipfile

import pytest
import pytest_asyncio
from chromium import chromium, one_browser, portal_server
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from test_extension import STATUS

from agent import __version__
from browser_ext.build import build_all

pytestmark = one_browser("chromium with the release build")
LISTED, ALLOWED, OTHER = "www.demo.gov.cn", "portal.allowed.example", "www.other.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for all the names: the server's side, and its key's pin."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test portals")])
    names = [x509.DNSName(n) for n in (LISTED, ALLOWED, OTHER)]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "portal.pem"
    encodings = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    private = key.private_bytes(*encodings, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return context, base64.b64encode(hashlib.sha256(spki).digest()).decode()


@pytest.fixture(scope="module")
def secure_port(certificate):
    with portal_server(tls=certificate[0]) as address:
        yield address.rpartition(":")[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk, certificate, tmp_path_factory):
    """Chromium with the release, whose user has allowed one more site."""
    dist = tmp_path_factory.mktemp("dist")
    build_all(dist)
    zipfile.ZipFile(dist / "odc-extension-chromium.zip").extractall(desk.extension)
    # A permission the user grants by a click, which no test can give in Chromium, is here one from
    # the beginning; from there on it is the same. The click itself is tried in Firefox.
    file = desk.extension / "manifest.json"
    manifest = {**json.loads(file.read_text("utf-8")), "host_permissions": [f"https://{ALLOWED}/*"]}
    file.write_text(json.dumps(manifest))
    desk.register_host()
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (LISTED, ALLOWED, OTHER))
    pin = f"--ignore-certificate-errors-spki-list={certificate[1]}"
    async with chromium(desk, f"--host-resolver-rules={rules}", pin) as context:
        yield context


async def test_it_serves_the_listed_portals(tabs, secure_port):
    page = await tabs(f"https://{LISTED}:{secure_port}")
    status = await page.evaluate(STATUS)
    assert (status["state"], status["extension"]) == ("agent_missing", __version__)


async def test_it_serves_a_site_the_user_allowed(tabs, secure_port):
    page = await tabs(f"https://{ALLOWED}:{secure_port}")
    assert (await page.evaluate(STATUS))["state"] == "agent_missing"


@pytest.mark.parametrize(
    ("scheme", "host"),
    [("https", OTHER), ("http", LISTED), ("http", ALLOWED), ("http", "localhost")],
)
async def test_nobody_else_reaches_it_and_is_told_so_soon(tabs, secure_port, portal, scheme, host):
    port = (secure_port if scheme == "https" else portal).rpartition(":")[2]
    page = await tabs(f"{scheme}://{host}:{port}")
    before = await page.evaluate("performance.now()")
    assert (await page.evaluate(STATUS))["state"] == "extension_unreachable"
    assert await page.evaluate("performance.now()") - before < 4000
