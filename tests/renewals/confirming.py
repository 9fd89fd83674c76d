"""A protocol with transactions and a confirmation, as CMP has (RFC 9810): what EST does not ask of us.

The server takes each transaction once and gives its certificate up unless it is confirmed; whoever lost
an answer has to know which transaction it was.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable

from certificate_maker import ec_key, make_x509, name
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW

from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import AuthorityRefusedError
from agent.renewals.authorities.enrolment import Application, Exchange, Prepared, Signer

CA_NAME = name(organisation="Test Authority")
CA = make_x509(
    key=ec_key("issuer"), subject=CA_NAME, issuer=CA_NAME, is_ca=True,
    usage=frozenset({"key_cert_sign"}), not_after=NOW + dt.timedelta(days=3650),
)  # fmt: skip
END = NOW + dt.timedelta(days=365)


class Server:
    """Issues one certificate for each transaction, and waits to hear what becomes of it."""

    def __init__(self, passing: Callable[[], None] = lambda: None, **certificate: object) -> None:
        """Call ``passing`` before and after each effect; ``certificate`` is what is odd about it."""
        self.issued: dict[bytes, bytes] = {}
        self.heard: dict[bytes, str] = {}
        """What was said of the transactions' certificates: empty where nothing is wrong."""
        self._passing = passing
        self._certificate = certificate

    def ask(self, transaction: bytes, request: bytes) -> bytes:
        self._passing()
        if transaction in self.issued:
            raise AuthorityRefusedError(reason="transactionIdInUse")
        csr = x509.load_der_x509_csr(request)
        values = {"key": csr, "subject": csr.subject, "not_after": END, **self._certificate}
        self.issued[transaction] = make_x509(**values).public_bytes(Encoding.DER)
        self._passing()
        return self.issued[transaction]

    def poll(self, transaction: bytes) -> bytes | None:
        """Return the certificate; None where nobody has asked for one."""
        self._passing()
        return self.issued.get(transaction)

    def confirm(self, transaction: bytes, refusal: str) -> None:
        self._passing()
        if transaction in self.heard:
            raise AuthorityRefusedError(reason="certConfirmed")
        self.heard[transaction] = refusal
        self._passing()


class Confirming:
    """The client's side: where it stands is in its notes alone."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def time(self) -> dt.datetime | None:
        return None

    async def prepare(
        self, _application: Application, signer: Signer, _now: dt.datetime
    ) -> Prepared:
        return Prepared(request=await signer.request(), exchange=_note("new", _transaction()))

    async def enrol(self, application: Application, exchange: Exchange) -> bytes:
        stage, transaction, certificate = _read(exchange.notes)
        if certificate:
            return certificate
        if stage == "new":
            exchange.keep(_note("asked", transaction))
        elif found := self._server.poll(transaction):
            exchange.keep(_note("issued", transaction, found))
            return found
        found = self._server.ask(transaction, application.request)
        exchange.keep(_note("issued", transaction, found))
        return found

    async def accept(
        self,
        _application: Application,
        exchange: Exchange,
        certificate: bytes,
        refusal: OdcError | None,
    ) -> None:
        stage, transaction, found = _read(exchange.notes)
        assert certificate == found
        if stage == "heard":
            return
        is_repeated = stage == "confirming"
        exchange.keep(_note("confirming", transaction, certificate))
        try:
            self._server.confirm(transaction, str(refusal) if refusal else "")
        except AuthorityRefusedError:
            if not is_repeated:  # else it was heard the first time, and the answer was lost
                raise
        exchange.keep(_note("heard", transaction, certificate))


def _transaction() -> bytes:
    return secrets.token_hex(16).encode()


def _note(stage: str, transaction: bytes, certificate: bytes = b"") -> bytes:
    return stage.encode() + b" " + transaction + b" " + certificate


def _read(notes: bytes) -> tuple[str, bytes, bytes]:
    """Return stage, transaction and certificate; a new transaction where nothing was prepared."""
    if not notes:
        return "new", _transaction(), b""
    stage, transaction, certificate = notes.split(b" ", 2)
    return stage.decode(), transaction, certificate
