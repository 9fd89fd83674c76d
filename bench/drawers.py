"""An agent that remembers a thousand certificates, beside one that remembers none: its start, and at rest."""

from __future__ import annotations

import datetime as dt
import os
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from agent.api.client import Client
from agent.certificates.parsing import parse_certificate
from agent.remembered.model import RememberedToken
from agent.remembered.store import TokenStore
from agent.system.starting import AgentMissingError
from agent.tokens.model import TokenReference
from agent.tokens.snapshot import HeldCertificate
from bench.idle import SECONDS, SETTLE_SECONDS, use_of
from bench.memory import memory, processes_of
from bench.tables import print_times
from bench.usb_desk import plug, usb_desk
from sandbox.desk.desk import Desk

TOKENS, EACH = 500, 2
ROUNDS = 3 if os.environ.get("ODC_BENCH_QUICK") else 15
PAUSE_SECONDS = 0.002
NONE, MANY = "remembers nothing", f"remembers {TOKENS * EACH:,} certificates"


def main() -> None:
    """Print how long a start takes until the status is answered, then processor, wake-ups and memory."""
    kinds: dict[str, tuple[RememberedToken, ...]] = {NONE: (), MANY: _remembered()}
    taken: dict[str, list[float]] = {NONE: [], MANY: []}
    with usb_desk() as desk:
        plug(desk)
        store = TokenStore(desk.folder / "data" / "tokens.json")
        for number in range(ROUNDS + 1):
            for kind, tokens in kinds.items():
                _end_agent(desk)
                store.write(tokens)
                milliseconds = _start(desk)
                if number:  # the first one meets cold caches
                    taken[kind].append(milliseconds)
        print_times(f"from start to status, token plugged in, {ROUNDS} rounds", taken)
        title = f"idle for {SECONDS} s, token plugged in, no tray"
        print(f"\n{title:52} {'jiffies':>8} {'wake-ups':>9} {'PSS MB':>8}")
        for kind, tokens in kinds.items():
            _end_agent(desk)
            store.write(tokens)
            _start(desk)
            _print_idle(desk, kind)


def _print_idle(desk: Desk, kind: str) -> None:
    time.sleep(SETTLE_SECONDS)
    found = processes_of(desk.folder)
    pids = [pid for name, pid in found.items() if "sandbox" not in name]
    before = use_of(pids)
    time.sleep(SECONDS)
    used, pss = use_of(pids), sum(memory(pid)[1] for pid in pids)
    print(f"{kind:52} {used.jiffies - before.jiffies:8d}"
          f" {used.wake_ups - before.wake_ups:9d} {pss:8.1f}")  # fmt: skip


def _end_agent(desk: Desk) -> None:
    desk.end(desk.processes.pop())


def _start(desk: Desk) -> float:
    begun = time.perf_counter()
    desk.start("agent.cli", "run", "--no-tray")
    with _reached(desk) as client:
        client.call("agent.status")
    return (time.perf_counter() - begun) * 1000


def _reached(desk: Desk) -> Client:
    """Return a connection as soon as there can be one; the desk itself looks every 50 ms only."""
    while True:
        try:
            return desk.client()
        except AgentMissingError:
            time.sleep(PAUSE_SECONDS)


def _remembered() -> tuple[RememberedToken, ...]:
    key = ec.generate_private_key(ec.SECP256R1())
    seen = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return tuple(
        RememberedToken(
            reference=TokenReference(
                module="/m.so", serial=f"{number:012d}", label=f"KEY-{number}"
            ),
            model="",
            manufacturer="",
            seen=seen,
            certificates=tuple(
                HeldCertificate(
                    certificate=parse_certificate(
                        _certificate(key, f"机构{number}", is_signing=n == 0)
                    ),
                    key=bytes([n]),
                    label="",
                    has_private_key=None,
                )
                for n in range(EACH)
            ),
        )
        for number in range(TOKENS)
    )


def _certificate(key: ec.EllipticCurvePrivateKey, organisation: str, *, is_signing: bool) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation)])
    usage = x509.KeyUsage(
        digital_signature=is_signing, content_commitment=is_signing, key_encipherment=not is_signing,
        data_encipherment=not is_signing, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        not_valid_after=dt.datetime(2027, 12, 31, tzinfo=dt.UTC),
    )
    extended = builder.add_extension(usage, critical=True)
    return extended.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
