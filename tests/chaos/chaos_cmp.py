"""Desks whose authority speaks CMP, with a software token: by a secret, and by the certificate itself."""

from __future__ import annotations

from chaos_desk import Authority
from chaos_soft import SoftDesks

from sandbox.authority.cmp_users import hand_out, signed_reference
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.desk.desk import Holder

REFERENCE, SECRET = "reference 7", "8d1f-c2a4-secret"


class CmpAuthority(Authority):
    """Makes requests wait for a second: there are polls."""

    profile = "cmp"
    options = ("--faults", "--cmp")

    def start(self) -> None:
        hand_out(Store(self.database), self.user)
        super().start()

    @property
    def user(self) -> CmpUser:
        return CmpUser(reference=REFERENCE, secret=SECRET, uscc=Holder().uscc, pending_seconds=1)


class CmpSignedAuthority(CmpAuthority):
    """Wants certificates confirmed, too: every message there is."""

    profile = "cmp-signed"

    @property
    def user(self) -> CmpUser:
        return CmpUser(
            reference=signed_reference(Holder().uscc), secret="", uscc=Holder().uscc,
            pending_seconds=1, wants_confirmation=True,
        )  # fmt: skip


class CmpDesks(SoftDesks):
    """An expired certificate, a reference value and a secret."""

    authority = CmpAuthority


class CmpSignedDesks(SoftDesks):
    """A certificate that is still valid."""

    authority = CmpSignedAuthority
    validity = ("--valid-days", "30")
