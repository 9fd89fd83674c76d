"""What a driver is to the worker: one standard by which tokens are spoken to.

Everything a driver raises is an error a person can be told (:class:`agent.ground.errors.OdcError`), most
of them a :class:`agent.tokens.errors.TokenError`; what its library said has become one of them inside it.
A worker has one thread and one driver, at most one token of it found, and at most one login.
"""

from __future__ import annotations

from typing import Protocol

from agent.tokens import protocol
from agent.tokens.model import (
    KeyCompanions,
    KeyPairFacts,
    ModuleContent,
    PinFacts,
    PinLimits,
    TokenReference,
)


class Driver(Protocol):
    """A library that is loaded."""

    def content(self) -> ModuleContent:
        """Read all tokens anew; one that cannot be read is a problem of the content."""

    def forget(self) -> None:
        """Let nothing of the listing before count at the next one."""

    def let_go(self) -> None:
        """Disconnect from all tokens; the next reading connects anew."""

    def find(self, reference: TokenReference, certificate: bytes) -> OpenToken:
        """Return the token that ``reference`` names.

        Args:
            reference: names it as well as it can be named.
            certificate: decides between several of that name: the token must hold it. Empty for none.

        Raises:
            TokenMissingError: it is not plugged in.
            TokenAmbiguousError: several fit; none of them is to be tried with a PIN.
        """


class OpenToken(Protocol):
    """A token that was found, before its PIN is given."""

    @property
    def limits(self) -> PinLimits:
        """How long a PIN may be."""

    @property
    def has_pad(self) -> bool:
        """Whether the PIN is typed on the token itself."""

    def pin_facts(self) -> PinFacts:
        """Return what the token said of its PIN when it was last looked at: found, or about to be tried."""

    def log_in(self, pin: bytearray | None, *, accepts_final_try: bool) -> LoggedIn:
        """Try the PIN, once.

        Args:
            pin: what was typed, None on a PIN pad. Whoever logs in may keep it until it logs out, and
                wipes it then; the caller wipes it where this raises.
            accepts_final_try: a person consented to risk the last try. Without it the driver asks the
                token right before (:func:`agent.tokens.pin_states.check_last_try`), since another program
                may have used up the others.

        Raises:
            PinIncorrectError: it was wrong, and what is known of the tries that are left.
            PinLockedError, PinFinalTryError, PinNotSetError, PinToBeChangedError, PinFormError,
                PinNotGivenError: it was not tried, or is not taken at all.
        """

    def change_pin(
        self, old: bytearray | None, new: bytearray | None, *, accepts_final_try: bool
    ) -> None:
        """Replace the PIN, once, such that a wrong old one costs one try; both None on a PIN pad.

        Raises:
            OldPinIncorrectError: the old one was wrong.
            NewPinRefusedError: the token does not take the new one; no try was lost.
            TokenError: as :meth:`log_in` says.
        """


class LoggedIn(Protocol):
    """A token that takes orders: one method for each of :data:`agent.tokens.protocol.KeyRequest`.

    What each does, and refuses, is said with its request.
    """

    def find_key_pair(self, request: protocol.FindKeyPair) -> KeyPairFacts:
        """See the request, as with all of these."""

    def generate_key_pair(self, request: protocol.GenerateKeyPair) -> KeyPairFacts:
        """The private half never leaves the token."""

    def find_companions(self, request: protocol.FindCompanions) -> KeyCompanions:
        """What a token keeps in one place goes in one go; only its driver knows."""

    def destroy_key_pair(self, request: protocol.DestroyKeyPair) -> None:
        """Whatever half exists; nothing where there is none."""

    def sign_request(self, request: protocol.SignRequest) -> bytes:
        """A signature is verified before it leaves the driver, here and below."""

    def sign_message(self, request: protocol.SignMessage) -> bytes:
        """With the certificate beside the content."""

    def sign_data(self, request: protocol.SignData) -> bytes:
        """To prove a key."""

    def sign_digest(self, request: protocol.SignDigest) -> bytes:
        """Of what nobody here has seen."""

    def write_certificate(self, request: protocol.WriteCertificate) -> None:
        """Where one key has several places, the certificate's own key says which."""

    def destroy_certificate(self, request: protocol.DestroyCertificate) -> None:
        """This very one."""

    def prove_decryption(self, request: protocol.ProveDecryption) -> bool:
        """How is the driver's affair: by a bare decryption, or by a session key that the token unwraps."""

    def decrypt_key(self, request: protocol.DecryptKey) -> bytes:
        """A random key where there is none."""

    def decrypt_content(self, request: protocol.DecryptContent) -> bytes:
        """Where the driver gives out no keys; as much work where there is none."""

    def import_key_pair(self, request: protocol.ImportKeyPair) -> KeyPairFacts:
        """Checked before anything is written."""

    def check_room(self, request: protocol.CheckRoom) -> None:
        """By the token's word, or by trying."""

    def log_out(self) -> None:
        """End what the PIN allowed, and wipe it. Raises nothing: there is nobody left to tell."""
