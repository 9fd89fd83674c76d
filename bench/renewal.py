"""A whole renewal at a plain EST server less the token's and the server's time, beside openssl and curl."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.tokens.pin import send_pin
from bench import timed_authority
from bench.tables import print_times
from sandbox.desk.desk import ISSUER, Desk, Holder

ROUNDS = 5
PASSWORD = "a password"
EST = "/.well-known/est/plain"
SUBJECT = "/O=Bench/CN=bench.example"


@dataclass(frozen=True)
class Span:
    """From when until when, in nanoseconds of CLOCK_MONOTONIC."""

    began: int
    ended: int


class TimedDesk(Desk):
    """A desk whose token and authority note when they are at work."""

    def __init__(self, folder: Path, runtime: Path) -> None:
        self.token_log, self.authority_log = folder / "token.log", folder / "authority.log"
        environment = {
            "XDG_RUNTIME_DIR": str(runtime),
            timed_authority.LOG: str(self.authority_log),
        }
        super().__init__(folder, environment=environment)

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        timed = {"sandbox": "bench.timed_authority"}
        return super().start(timed.get(module, module), *arguments)


def main() -> None:
    """Print what the client, the token and the authority each take of a renewal."""
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        module = timed_module(Path(name))
        ours: dict[str, list[float]] = {}
        theirs: dict[str, list[float]] = {}
        for _ in range(ROUNDS):  # interleaved, so that both meet the same machine
            with _timed_desk(module) as desk:
                add(ours, desk, renew, desk.token_log)
                add(theirs, desk, _openssl_and_curl)
        rows = {f"odc-agent: {part}": times for part, times in ours.items()}
        rows |= {f"openssl req + curl: {part}": times for part, times in theirs.items()}
        print_times(f"one EST renewal, {ROUNDS} rounds", rows)


def timed_module(folder: Path) -> Path:
    """Build the PKCS#11 module that forwards to SoftHSM and notes when it is at work."""
    module, source = folder / "timed.so", Path(__file__).with_name("timed.c")
    subprocess.run(
        ["gcc", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-o", module, source, "-ldl"],
        check=True,
    )
    return module


def add(
    times: dict[str, list[float]],
    desk: TimedDesk,
    renew: Callable[[TimedDesk], Sequence[Span]],
    token_log: Path | None = None,
) -> None:
    """Renew, and add what each took; a software key is the client's own."""
    began = time.monotonic_ns()
    after_pins = renew(desk)
    ended = time.monotonic_ns()
    token = _spans(token_log) if token_log else []
    authority = _spans(desk.authority_log)
    parts = {
        "the token's": _busy(token, began, ended),
        "the authority's": _busy(authority, began, ended),
        "the client's": ended - began - _busy(token + authority, began, ended),
        "all of it": ended - began,
    }
    if after_pins:
        busy = token + authority
        own = (s.ended - s.began - _busy(busy, s.began, s.ended) for s in after_pins)
        parts["from a PIN on, the client's"] = max(own)
    for part, nanoseconds in parts.items():
        times.setdefault(part, []).append(nanoseconds / 1e6)


def _spans(log: Path) -> list[Span]:
    """Return when the token, or the authority, was at work."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [Span(*map(int, line.split())) for line in lines]


def _busy(spans: list[Span], began: int, ended: int) -> int:
    """Return how long at least one of ``spans`` lasted between the two instants."""
    total, seen = 0, began
    for span in sorted(spans, key=lambda span: span.began):
        start, end = max(span.began, seen), min(span.ended, ended)
        if start < end:
            total += end - start
            seen = end
    return total


def renew(desk: TimedDesk) -> list[Span]:
    """Renew the desk's certificate through the local API, the PIN typed at once.

    Returns:
        from when a PIN was sent until the renewal had gone on, for each.
    """
    after_pins = []
    with desk.client() as client:
        client.call("events.subscribe")
        [token] = client.call("tokens.list")["tokens"]
        [old] = [held for held in token["certificates"] if held["use"] == "signing"]
        renewal = client.call("renewals.start", {"thumbprint": old["thumbprint"]})
        while renewal["state"] != "installed":
            sent = 0
            if renewal["waiting"] == "PIN":
                prompt = client.call("renewals.pin", {"id": renewal["id"]})
                send_pin(prompt["endpoint"], bytearray(Holder().pin.encode()))
                sent = time.monotonic_ns()
            before = renewal["updated"]
            while renewal["updated"] == before:
                client.next_notification()
                renewal = client.call("renewals.get", {"id": renewal["id"]})
            if sent:
                after_pins.append(Span(sent, time.monotonic_ns()))
            if renewal["state"] == "failed":
                sys.exit(f"the renewal failed: {renewal['error_text']}")
    return after_pins


def _openssl_and_curl(desk: TimedDesk) -> list[Span]:
    """The same calls and checks with a software key that is there already."""
    anchor = str(desk.home.trust_anchor)
    curl = ["curl", "-sS", "--fail", "--cacert", anchor]
    _run(desk, *curl, f"{desk.url}{EST}/csrattrs")
    request = _run(
        desk, "openssl", "req", "-new", "-key", "key.pem", "-subj", SUBJECT, "-outform", "DER"
    )
    body = _run(desk, "openssl", "base64", stdin=request)
    answer = _run(
        desk, *curl, "-u", f"router:{PASSWORD}", "-H", "Content-Type: application/pkcs10",
        "--data-binary", "@-", f"{desk.url}{EST}/simpleenroll", stdin=body,
    )  # fmt: skip
    message = _run(desk, "openssl", "base64", "-d", "-A", stdin=answer)
    pem = _run(desk, "openssl", "pkcs7", "-inform", "DER", "-print_certs", stdin=message)
    _run(desk, "openssl", "verify", "-CAfile", anchor, stdin=pem)
    return []  # no PIN


def _run(desk: TimedDesk, *command: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(command, input=stdin, cwd=desk.folder, check=True, capture_output=True)
    return done.stdout


@contextlib.contextmanager
def _timed_desk(module: Path) -> Iterator[TimedDesk]:
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        with TimedDesk(folder, runtime) as desk:
            desk.url = desk.start_authority().url
            for user, options in (("office", ("--uscc", Holder().uscc)), ("router", ())):
                secret = f"{PASSWORD}\n".encode()
                desk.run("sandbox", "est-user", "add", user, "--password-stdin", *options,
                         stdin=secret)  # fmt: skip
            desk.issue_token("--expired-days", "961")
            _configure(desk, module)
            _run(desk, "openssl", "genrsa", "-out", "key.pem", "2048")
            desk.start_agent("--no-tray")
            with desk.client() as client:
                client.call("tokens.list", {"refresh": True})
            yield desk


def _configure(desk: TimedDesk, module: Path) -> None:
    (desk.folder / "est-password").write_text(f"{PASSWORD}\n")
    environment = {"SOFTHSM2_CONF": os.fspath(desk.token_configuration),
                   "TIMED_LOG": os.fspath(desk.token_log)}  # fmt: skip
    inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in environment.items())
    (desk.folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(os.fspath(module))}\n"
        f"environment = {{{inline}}}\n"
        f'[[authority]]\nname = "EST"\nprofile = "est"\nlabel = "plain"\n'
        f"issuers = [{json.dumps(ISSUER)}]\nurl = {json.dumps(desk.url)}\n"
        f'trust_anchor = "sandbox/ca.pem"\nuser = "office"\npassword_file = "est-password"\n'
        "[reminders]\nnotifications = false\n",
        encoding="utf-8",
    )
