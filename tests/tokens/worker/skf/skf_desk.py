"""A token with a pair of each kind, and the driver over it in this process."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509
from skf_bench import PIN, SkfBench, application, sm2_container, sm2_half
from sm2_key import Sm2Key

from agent.keys.certified import key_of
from agent.keys.public_key import PublicKey
from agent.tokens.model import (
    CertificateObject,
    ModuleContent,
    ModuleKind,
    ModuleSettings,
    Quirks,
    TokenContent,
    TokenReference,
)
from agent.tokens.worker.skf.found_token import FoundToken
from agent.tokens.worker.skf.logged_in import LoggedInToken
from agent.tokens.worker.skf.module import SkfModule
from sandbox.skf_token.building import STANDARD, Shape
from sandbox.skf_token.state import Application, Container, Half

LABEL = "深圳样例"


@functools.cache
def both_pairs(name: str = "SM2") -> Container:
    """A container with both pairs; making certificates takes longer than most tests."""
    return sm2_container(name)


@functools.cache
def one_pair() -> Half:
    """A pair with its certificate, likewise."""
    return sm2_half(Sm2Key.new())


@dataclass
class SkfDesk:
    """Lists, tries PINs, gives orders."""

    bench: SkfBench
    applications: tuple[Application, ...] | None = None
    shape: Shape = STANDARD
    quirks: Quirks = field(default_factory=Quirks)
    facts: dict[str, int] = field(default_factory=dict)
    """More of the token's state."""
    module: SkfModule = field(init=False)

    def __post_init__(self) -> None:
        applications = self.applications or (application(both_pairs()),)
        self.bench.make("key", *applications, label=LABEL, **self.facts)
        self.bench.plug()
        self.module = SkfModule(str(self.bench.library(self.shape)), self.quirks)

    @property
    def settings(self) -> ModuleSettings:
        """For workers of other processes."""
        return ModuleSettings(
            path=self.module.path,
            kind=ModuleKind.SKF,
            environment=self.bench.environment,
            quirks=self.quirks,
        )

    def content(self) -> ModuleContent:
        return self.module.content()

    @property
    def token(self) -> TokenContent:
        [token] = self.content().tokens
        return token

    @property
    def reference(self) -> TokenReference:
        return reference_of(self.module.path, self.token)

    @property
    def pair(self) -> tuple[CertificateObject, CertificateObject]:
        """The signing and the encryption certificate."""
        signing, encryption = self.token.certificates
        return signing, encryption

    def found(self) -> FoundToken:
        return self.module.find(self.reference, b"")

    def tries_left(self) -> int:
        """As the token's process counts them."""
        [device] = self.bench.report().devices
        return device.applications[0].tries_left

    def is_open(self) -> bool:
        """Whether a PIN allows anything now, whoever gave it."""
        return bool(self.bench.report().open_logins)

    @contextlib.contextmanager
    def logged_in(self, pin: str = PIN) -> Iterator[LoggedInToken]:
        token = self.found().log_in(bytearray(pin.encode()), accepts_final_try=False)
        try:
            yield token
        finally:
            token.log_out()


def reference_of(module: str, token: TokenContent) -> TokenReference:
    facts = token.facts
    return TokenReference(
        module=module, serial=facts.serial, label=facts.label, application=facts.application
    )


def public_key_of(certificate: CertificateObject) -> PublicKey:
    return key_of(x509.load_der_x509_certificate(certificate.value))
