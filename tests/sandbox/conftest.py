"""Sandboxes for the tests: one that reviews by itself, one that waits for a person."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from key_request_maker import KeyRenewal
from sandbox_desk import Desk, HttpRenewal, certify, new_rsa_key, running_desk

from sandbox.authority.ca import Authority
from sandbox.authority.rules.days import utc_now
from sandbox.home import Home


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with its root made, to be copied: generating it takes a while."""
    home = Home.opened(tmp_path_factory.mktemp("authority"))
    Authority.opened(home, utc_now())
    return home


@pytest.fixture
def home(made_once: Home, tmp_path: Path) -> Home:
    """A home of this test's own."""
    return Home(shutil.copytree(made_once.folder, tmp_path / "home"))


@pytest.fixture(scope="session")
def rsa_keys() -> tuple:
    """An old and a new signing key."""
    return new_rsa_key(), new_rsa_key()


@pytest.fixture(scope="session")
def reviewing_desk(made_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A sandbox whose reviewer is a person."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder) as desk:
        yield desk


@pytest.fixture(scope="session")
def quick_desk(made_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A sandbox that approves by itself at once."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder, "--approve-after", "0", "--retry-after", "3") as desk:
        yield desk


@pytest.fixture
def renewal_at(rsa_keys) -> Iterator[Callable[..., HttpRenewal]]:
    """Start a renewal, of a certificate of its own, at a desk."""
    opened = []

    def start(desk: Desk, **certificate: object) -> HttpRenewal:
        holder = certify(desk.home, rsa_keys[0], **certificate)
        opened.append(HttpRenewal(desk, holder, rsa_keys[1]))
        return opened[-1]

    yield start
    for renewal in opened:
        renewal.http.close()


@pytest.fixture(scope="session")
def transport_key() -> rsa.RSAPrivateKey:
    """A key the token made to receive the encryption key."""
    return new_rsa_key()


@pytest.fixture
def renewing(quick_desk, renewal_at, transport_key) -> KeyRenewal:
    """A renewal at a desk that approves by itself, with a fresh transport key; nothing sent yet."""
    return KeyRenewal(renewal_at(quick_desk), transport_key)
