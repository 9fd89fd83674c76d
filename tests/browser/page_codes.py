"""Each error code a page may meet, with a call that meets it: the same table for every browser.

The agent is the FAKE one of the native host's tests, which answers what a row says. What befalls a
browser while the agent is asked is done by that browser's own test.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chromium import PAGE_LIBRARY
from host_process import WELCOME, FakeAgent, reply

THUMBPRINT = "ab" * 32
RENEWAL_ID = "00000000-0000-4000-8000-000000000001"
CALLS = {
    "status": "odc.status()",
    "certificates": "odc.certificates()",
    "renew": f"odc.renew('{THUMBPRINT}')",
    "renewal": f"odc.renewal('{RENEWAL_ID}')",
    "certificate": f"odc.certificate('{THUMBPRINT}')",
    "login": f"odc.login('{'A' * 44}')",
    "sign": "odc.sign('text')",
    "sign_text": "odc.signText('text')",
    "sign_hash": f"odc.signHash('{'A' * 43}=', '{THUMBPRINT}')",
    "signing_certificate": "odc.signingCertificate()",
    "encrypt": "odc.encrypt(new File([], 'a'), ['AA=='])",
    "decrypt": "odc.decrypt(new File([], 'a'))",
}
"""Every method of the page library."""
MEET = "window.met = {call}.then((value) => value.state ?? 'answered', ({{ code }}) => code), 0"
Answer = Callable[[dict], list[bytes] | None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A call of a page and what it comes to: an error's code, a state, or ``answered``."""

    met: str
    call: str = CALLS["certificates"]
    answer: Answer = lambda _message: []
    protocol: int = WELCOME["protocol"]
    trouble: str = ""
    """What befalls the browser: one of those below."""


NO_HOST = "no host is registered"
NO_AGENT = "no agent runs"
HOST_KILLED = "the host is killed while the agent is asked"
WORKER_ENDED = "the browser ends the worker while the agent is asked"
ELSEWHERE = "the page is on a site where the extension does not run"


def result(value: object) -> Answer:
    return lambda message: [reply(message, value)]


def renewal(state: str) -> Answer:
    return result({"id": RENEWAL_ID, "state": state, "waiting": None})


def refusal(code: str) -> Answer:
    data = {"code": code, "message": code, "message_zh": code}
    error = {"code": -32000, "message": code, "data": data}
    return lambda message: [json.dumps({"id": message["id"], "error": error}).encode()]


AGENT_CODES = (
    "consent_denied", "consent_unavailable", "origin_not_allowed", "rate_limited", "no_token",
    "certificate_not_found", "certificate_damaged", "not_renewable", "skf_driver_needed", "no_authority",
    "renewal_not_found", "not_saved", "internal", "certificate_expired",
    "certificate_not_yet_valid", "certificate_unsuitable", "not_signed", "text_refused", "own_message",
    "upload_missing", "too_much_at_once", "hash_not_allowed",
    "envelope_unreadable", "not_decrypted", "recipient_unfit",
)  # fmt: skip
LARGE = result({"certificates": ["x" * 1_100_000]})
SIGNED = {"certificate": "AA==", "signatures": [{"head": "AA==", "tail": "", "sha256": "00" * 32}]}
FETCHED = {"results": [{"result": "0" * 32, "size": 0}], "piece": ""}
STATUS = CALLS["status"]
# In this order a host that has to be new for a row is, and nothing is waited for.
ROWS = (
    Row(met="host_missing", trouble=NO_HOST),
    Row(met="host_missing", trouble=NO_HOST, call=STATUS),
    Row(met="agent_missing", trouble=NO_AGENT),
    Row(met="agent_missing", trouble=NO_AGENT, call=STATUS),
    Row(met="agent_too_old", protocol=0),
    Row(met="agent_too_old", protocol=0, call=STATUS),
    Row(met="agent_too_new", protocol=2),
    Row(met="agent_too_new", protocol=2, call=STATUS),
    Row(met="ready", call=STATUS, answer=result({"agent": "9.9.9"})),
    Row(met="answered", answer=result({"certificates": []})),
    Row(met="installed", call=CALLS["renew"], answer=renewal("installed")),
    Row(met="drafting", call=CALLS["renewal"], answer=renewal("drafting")),
    Row(met="renewal_cancelled", call=CALLS["renew"], answer=renewal("cancelled")),
    Row(met="renewal_failed", call=CALLS["renew"], answer=renewal("failed")),
    Row(met="timeout", call="odc.certificates({ timeout: 300 })"),
    Row(met="aborted", call="odc.renewal('', { signal: AbortSignal.abort() })"),
    Row(met="invalid_request", call="odc.renew('AB')"),
    Row(met="challenge_invalid", call="odc.login('too short')"),
    Row(met="answered", call=CALLS["certificate"], answer=result({"certificate": "AA=="})),
    Row(met="answered", call=CALLS["login"], answer=result({"format": "web-eid:1.0"})),
    Row(met="answered", call=CALLS["sign"], answer=result(SIGNED)),
    Row(met="answered", call=CALLS["sign_text"], answer=result({"signature": "AA=="})),
    Row(met="answered", call=CALLS["sign_hash"], answer=result({"signature": "AA=="})),
    Row(met="answered", call=CALLS["signing_certificate"], answer=result({"certificate": "AA=="})),
    Row(met="answered", call=CALLS["encrypt"], answer=result(FETCHED)),
    Row(met="answered", call=CALLS["decrypt"], answer=result(FETCHED)),
    Row(
        met="document_too_large",
        call="odc.sign(new File([new Blob([new Uint8Array(2 ** 25 + 1)])], 'a'))",
    ),
    Row(met="answer_too_large", answer=LARGE),
    *(Row(met=code, answer=refusal(code)) for code in AGENT_CODES),
    Row(met="agent_lost", answer=lambda _message: None),
    Row(met="host_lost", trouble=HOST_KILLED),
    Row(met="extension_lost", trouble=WORKER_ENDED),
    Row(met="extension_unreachable", trouble=ELSEWHERE),
)


@contextlib.contextmanager
def before(row: Row, agent: FakeAgent, manifest: Path, socket: Path) -> Iterator[None]:
    """Arrange what a row needs before its call: the agent's answer, and what is not there."""
    agent.requests.clear()
    agent.answer = row.answer
    agent.hello = {"result": {**WELCOME, "protocol": row.protocol}}
    missing = {NO_HOST: manifest, NO_AGENT: socket}.get(row.trouble)
    if missing is None:
        yield
        return
    aside = missing.with_suffix(".aside")
    missing.rename(aside)
    try:
        yield
    finally:
        aside.rename(missing)


def named_codes() -> set[str]:
    """The codes that the types of the page library name."""
    types = (PAGE_LIBRARY / "odc.d.ts").read_text("utf-8").partition("export type Code")[2]
    return set(re.findall(r'^ +\| "(\w+)"', types.partition(";")[0], re.MULTILINE))
