"""SKF tokens for tests: their process is a thread here, what is on them is made in software.

For whoever tests a program that loads the library; needs gcc, and openssl for certificates of SM2.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from certificate_maker import ENCRYPTION, ORGANISATION, make_x509, openssl, rsa_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sm2_key import DISTID, Sm2Key

from sandbox.skf_token.building import LINUX, STANDARD, Shape, Target, library, source_hash
from sandbox.skf_token.bus import Bus
from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.control import Report, report
from sandbox.skf_token.faults import Plan
from sandbox.skf_token.pins import new_pin
from sandbox.skf_token.server import Server
from sandbox.skf_token.sockets import listening, listening_on_port
from sandbox.skf_token.state import (
    Application,
    Container,
    Half,
    TokenState,
    load_state,
    save_state,
)

PIN, ADMINISTRATOR_PIN = "135790", "admin-135790"
APPLICATION = "ODC"
_CACHE = platformdirs.user_cache_path("odc-sandbox") / "skf-library"
_USAGES = {
    "signing": "digitalSignature,nonRepudiation",
    "encryption": "keyEncipherment,dataEncipherment",
}


def sm2_certificate(key: Sm2Key, use: str = "signing", days: int = 30) -> bytes:
    """Return a certificate (DER) for a key, which it signs itself."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "key.der").write_bytes(key.pkcs8)
        return openssl(
            "req", "-x509", "-key", "key.der", "-keyform", "DER", "-sm3", "-sigopt", DISTID,
            "-days", str(days), "-outform", "DER", "-utf8",
            "-subj", f"/C=CN/O={ORGANISATION}/CN={ORGANISATION}",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", f"keyUsage=critical,{_USAGES[use]}", folder=Path(folder),
        )  # fmt: skip


def sm2_half(key: Sm2Key, certificate: bytes | None = None, use: str = "signing") -> Half:
    made = sm2_certificate(key, use) if certificate is None else certificate
    return Half(private=key.private, public=key.point, certificate=made)


def sm2_container(name: str = "SM2", *, with_encryption: bool = True) -> Container:
    """Return a container with one pair or two, and a certificate for each."""
    container = Container(name=name, kind=KeyKind.SM2, signing=sm2_half(Sm2Key.new()))
    if with_encryption:
        container.encryption = sm2_half(Sm2Key.new(), use="encryption")
    return container


def rsa_half(key_name: str, certificate: bytes | None = None, **options: object) -> Half:
    key = rsa_key(key_name)
    made = make_x509(key=key, **options).public_bytes(Encoding.DER)
    return Half(
        private=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        certificate=made if certificate is None else certificate,
    )


def rsa_container(name: str = "RSA") -> Container:
    return Container(
        name=name,
        kind=KeyKind.RSA,
        signing=rsa_half(f"{name} signing"),
        encryption=rsa_half(f"{name} encryption", usage=ENCRYPTION),
    )


def application(
    *containers: Container,
    name: str = APPLICATION,
    pin: str = PIN,
    tries: int = 10,
    is_factory: bool = False,
    most_containers: int = 8,
) -> Application:
    return Application(
        name=name,
        user_pin=new_pin(pin.encode(), tries=tries, is_factory=is_factory),
        administrator_pin=new_pin(ADMINISTRATOR_PIN.encode()),
        containers=list(containers),
        most_containers=most_containers,
    )


@dataclass
class SkfBench:
    """Tokens in a folder, some of them plugged in."""

    folder: Path
    """Short enough for a socket's path: about 100 bytes."""
    is_on_port: bool = False
    """It listens on a port, for libraries under Windows."""
    bus: Bus = field(init=False)
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the process, as a thread of this one; nothing is plugged in."""
        self.bus = Bus(self.folder)
        self.server = Server(
            self.bus,
            listening_on_port() if self.is_on_port else listening(self.folder / "socket"),
        )

    def close(self) -> None:
        """End it, as a kill does: whoever is connected loses his connection."""
        self.server.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs that loads the library."""
        return {"ODC_SKF_SOCKET": self.server.address}

    def library(self, shape: Shape = STANDARD, target: Target = LINUX) -> Path:
        """Return the library in a shape, whatever ODC_HOME a test has: it is built once."""
        return library(shape, _CACHE / source_hash(), target)

    def make(self, name: str = "key", *applications: Application, **facts: object) -> None:
        """Put a token into the folder; ``facts`` are members of TokenState."""
        state = TokenState(serial=secrets.token_hex(8).upper(), applications=list(applications))
        for member, value in facts.items():
            setattr(state, member, value)
        save_state(self._file(name), state)

    def plug(self, name: str = "key") -> None:
        with self.bus.changed:
            self.bus.plug(name)

    def pull(self, name: str = "key") -> None:
        with self.bus.changed:
            self.bus.pull(name)

    def misbehave(self, faults: str) -> None:
        """Do wrong from now on what ``faults`` says (:mod:`sandbox.skf_token.faults`); empty for nothing."""
        with self.bus.changed:
            self.bus.plan = Plan.read(faults)

    def report(self) -> Report:
        """Return how it is: devices, tries, open logins, counted calls."""
        with self.bus.changed:
            return report(self.bus, os.getpid())

    def wait_until(self, holds: Callable[[Report], bool], seconds: float = 60) -> None:
        """Return once that is so: the end of a client is seen a moment later."""
        deadline = time.monotonic() + seconds
        while not holds(self.report()):
            assert time.monotonic() < deadline, self.report()
            time.sleep(0.01)

    def on_disk(self, name: str = "key") -> TokenState:
        """Return what would survive a kill now."""
        return load_state(self._file(name))

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"
