"""``issue-token --skf-token``: an organisation's pairs on an SKF token, read back through the library."""

from __future__ import annotations

import ctypes
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sandbox_desk import sandbox_cli
from skf_bench import PIN
from skf_client import USER, SkfClient

from agent.keys import sm2
from agent.keys.certified import is_issued_by, key_of
from agent.keys.public_key import PublicKey
from sandbox.authority.ca import Authority
from sandbox.authority.rules.days import utc_now
from sandbox.authority.store import Store
from sandbox.home import Home
from sandbox.skf_token.building import STANDARD
from sandbox.skf_token.drawer import Drawer

ORGANISATION = ("--organisation", "深圳市样例有限公司", "--uscc", "91440300MA5DA0000F")
DIGEST = bytes(range(32))
SIGNING, ENCRYPTION = 1, 0


@pytest.fixture
def drawer(home: Home):
    """The drawer of a home of this test's own; its process ends with the test."""
    drawer = Drawer(home)
    yield drawer
    if report := drawer.report():
        os.kill(report.pid, signal.SIGKILL)


def issue(home: Home, *options: str, pin: str = PIN):
    return sandbox_cli(
        home, "issue-token", "--skf-token", "key", "--pin-stdin", "--json", "--valid-days", "20",
        *ORGANISATION, *options, stdin=pin,
    )  # fmt: skip


@dataclass
class Reader:
    """Another program, which the user has given his PIN."""

    client: SkfClient
    application: int

    @classmethod
    def of(cls, told: dict) -> Reader:
        client = SkfClient(Path(told["module"]), STANDARD)
        device = client.handle("ConnectDev", b"key")
        application = client.handle("OpenApplication", device, b"ODC")
        assert client.numbers("VerifyPIN", application, USER, PIN.encode()).code == 0
        return cls(client, application)

    @property
    def containers(self) -> list[int]:
        names = self.client.names("EnumContainer", self.application)
        return [
            self.client.handle("OpenContainer", self.application, name.encode()) for name in names
        ]

    def certificate(self, container: int, half: int) -> x509.Certificate:
        der = self.client.sized("ExportCertificate", container, half).content
        return x509.load_der_x509_certificate(der)

    def point(self, container: int, half: int) -> bytes:
        told = self.client.sized("ExportPublicKey", container, half)
        blob = self.client.public_key.from_buffer_copy(told.content)
        return b"\4" + bytes(blob.x)[32:] + bytes(blob.y)[32:]

    def signature(self, container: int) -> tuple[int, int]:
        blob = ctypes.create_string_buffer(128)
        assert self.client.call("ECCSignData", container, DIGEST, 32, blob) == 0
        return int.from_bytes(blob.raw[:64], "big"), int.from_bytes(blob.raw[64:], "big")


def reader_of(done, monkeypatch) -> Reader:
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    monkeypatch.setenv("ODC_SKF_SOCKET", told["skf_socket"])
    return Reader.of(told)


def test_sm2_pairs_are_issued_recorded_and_nobody_stays_logged_in(home, drawer, monkeypatch):
    done = issue(home, "--sm2")
    assert drawer.report().open_logins == 0
    reader = reader_of(done, monkeypatch)
    [container] = reader.containers
    authority = Authority.opened(home, utc_now())
    told = json.loads(done.stdout)
    for half, sha256 in ((SIGNING, "signing_sha256"), (ENCRYPTION, "encryption_sha256")):
        certificate = reader.certificate(container, half)
        assert any(is_issued_by(certificate, root) for root in authority.certificates)
        assert key_of(certificate) == PublicKey.from_point(reader.point(container, half))
        with Store(home.database).transaction() as transaction:
            assert transaction.certificate(told[sha256]) is not None
    point = reader.point(container, SIGNING)
    assert sm2.is_signed(point, DIGEST, encode_dss_signature(*reader.signature(container)))


def test_a_second_pair_goes_beside_the_first_with_the_same_pin(home, drawer, monkeypatch):
    assert issue(home, "--sm2").returncode == 0
    wrong = issue(home, pin="000000")
    assert (wrong.returncode, "9 tries are left" in wrong.stderr) == (1, True)
    reader = reader_of(issue(home), monkeypatch)
    first, second = reader.containers
    kinds = [reader.client.numbers("GetContainerType", one).values[0] for one in (first, second)]
    assert kinds == [2, 1]
    for half in (SIGNING, ENCRYPTION):
        blob = reader.client.rsa_public_key.from_buffer_copy(
            reader.client.sized("ExportPublicKey", second, half).content
        )
        key = key_of(reader.certificate(second, half)).for_cryptography()
        assert key.public_numbers().n == int.from_bytes(bytes(blob.modulus), "big")


def test_what_fails_half_way_leaves_nothing_behind(home, drawer):
    assert issue(home, "--sm2").returncode == 0
    drawer.misbehave("SKF_ImportECCKeyPair=0x0A000001")
    done = issue(home, "--sm2")
    assert (done.returncode, "0x0a000001" in done.stderr) == (1, True)
    [device] = drawer.report().devices
    [application] = device.applications
    assert (len(application.containers), application.is_logged_in) == (1, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--token-folder", "key", "--sm2"), "--skf-token"),
        (("--skf-token", "key", "--module", "x.so"), "no --module"),
        (("--skf-token", "key", "--label", "深圳市样例有限公司的钥匙"), "32 bytes at most"),
    ],
)
def test_options_that_do_not_go_together_are_explained(home, options, said):
    done = sandbox_cli(
        home, "issue-token", *options, "--pin-stdin", "--valid-days", "20", *ORGANISATION, stdin=PIN
    )
    assert (done.returncode, said in done.stderr) == (1, True)
