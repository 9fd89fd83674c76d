"""Libraries of other makers, listed by our worker: opencryptoki, and NSS through p11-kit."""

from __future__ import annotations

import os
from pathlib import Path

import foreign_rooms as rooms
import pytest
from certificate_maker import ec_key, make_der
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from agent.ground.reports import ReportedError
from agent.tokens.model import ModuleSettings, PinState
from agent.tokens.supervisor import ModuleWorker

LABEL = "TESTCARD"
PASSWORD = "pin-135790"


@pytest.fixture
def opencryptoki():
    if os.getuid() != 0:
        pytest.skip("needs root, for namespaces")
    reason = rooms.missing(rooms.OPENCRYPTOKI, "/usr/sbin/pkcsslotd")
    if reason:
        pytest.skip(reason)
    with rooms.own_opencryptoki() as daemon:
        daemon.initialise(LABEL)
        yield daemon


def test_a_token_of_opencryptoki_is_listed_with_its_certificates(opencryptoki, tmp_path):
    der = make_der()
    file = tmp_path / "certificate.der"
    file.write_bytes(der)
    opencryptoki.tool("--keypairgen", "--key-type=rsa:2048", "--id=a1b2", "--label=sign")
    opencryptoki.tool("--write-object", str(file), "--type=cert", "--id=a1b2", "--label=sign")
    [token] = opencryptoki.content().tokens
    assert (token.facts.label, token.facts.slot) == (LABEL, 3)
    # All of its software tokens have this one, or none at all: a serial number alone names no token.
    assert token.facts.serial in {"123", ""}
    assert token.facts.manufacturer in {"IBM Corp.", "IBM"}
    assert token.facts.pin_state is PinState.OK
    [certificate] = token.certificates
    assert (certificate.value, certificate.key, certificate.label) == (der, b"\xa1\xb2", "sign")
    assert certificate.has_private_key is None  # it has, and says so to nobody without the PIN


def test_opencryptoki_tells_of_each_wrong_pin(opencryptoki):
    states = []
    for _ in range(3):
        opencryptoki.mistype()
        [token] = opencryptoki.content().tokens
        states.append(token.facts.pin_state)
    assert states == [PinState.COUNT_LOW, PinState.FINAL_TRY, PinState.LOCKED]


class Nss:
    """A database of NSS with a certificate and its key, and p11-kit told of it alone."""

    def __init__(self, folder: Path, password: str) -> None:
        self.database = folder / "database"
        self.database.mkdir()
        self.der = make_der(key=ec_key("nss"))
        self._password = folder / "password"
        self._password.write_text(f"{password}\n")
        self._import(folder / "pair.p12")
        self.configuration = folder / "configuration"
        modules = self.configuration / "pkcs11/modules"
        modules.mkdir(parents=True)
        (modules.parent / "pkcs11.conf").write_text("user-config: only\n")
        (modules / "nss.module").write_text(
            f"module: {rooms.SOFTOKEN}\n"
            f"x-init-reserved: configdir='sql:{self.database}' certPrefix='' keyPrefix='' "
            "secmod='secmod.db' flags=readOnly\n"
        )

    def _import(self, file: Path) -> None:
        pair = pkcs12.serialize_key_and_certificates(
            b"sign",
            ec_key("nss"),
            x509.load_der_x509_certificate(self.der),
            None,
            serialization.BestAvailableEncryption(b"transport"),
        )
        file.write_bytes(pair)
        place = ("-d", f"sql:{self.database}")
        rooms.run("certutil", "-N", *place, "-f", str(self._password))
        rooms.run("pk12util", "-i", str(file), *place, "-k", str(self._password), "-W", "transport")

    def content(self):
        """Return what our worker lists through p11-kit, for a user who is not root."""
        command = rooms.as_user(*rooms.lister(rooms.PROXY))
        return rooms.listed(rooms.run(*command, XDG_CONFIG_HOME=str(self.configuration)))


@pytest.fixture
def nss_needs():
    reason = rooms.missing(rooms.SOFTOKEN, rooms.PROXY, "/usr/bin/certutil", "/usr/bin/pk12util")
    if reason:
        pytest.skip(reason)


def test_a_database_of_nss_is_listed_through_p11_kit(nss_needs, tmp_path):
    nss = Nss(tmp_path, PASSWORD)
    content = nss.content()
    tokens = {token.facts.label: token for token in content.tokens}
    # NSS always has a second token, for computing; it holds nothing.
    assert set(tokens) == {"NSS Certificate DB", "NSS Generic Crypto Services"}
    assert tokens["NSS Generic Crypto Services"].certificates == ()
    database = tokens["NSS Certificate DB"]
    assert database.facts.serial == "0000000000000000"
    assert database.facts.manufacturer == "Mozilla Foundation"
    assert database.facts.login_required
    assert database.facts.pin_state is PinState.OK
    [certificate] = database.certificates
    assert (certificate.value, certificate.label) == (nss.der, "sign")
    assert certificate.key
    assert certificate.has_private_key is None


def test_a_database_of_nss_without_a_password_shows_its_keys(nss_needs, tmp_path):
    nss = Nss(tmp_path, "")
    tokens = {token.facts.label: token for token in nss.content().tokens}
    database = tokens["NSS Certificate DB"]
    assert not database.facts.login_required
    [certificate] = database.certificates
    assert (certificate.value, certificate.has_private_key) == (nss.der, True)


async def test_nss_itself_has_no_database_without_p11_kit(nss_needs):
    """It wants settings at its start, which a PKCS#11 caller of no special kind does not have.

    Without them it is not loaded, and says why, or (newer) has only what lies in no database.
    """
    worker = ModuleWorker(ModuleSettings(path=rooms.SOFTOKEN))
    try:
        found = [token.certificates for token in (await worker.content()).tokens]
    except ReportedError as error:
        found = (error.code, "ArgumentsBad" in str(error))
    finally:
        await worker.end()
    assert found in ([(), ()], ("module_not_loaded", True))
