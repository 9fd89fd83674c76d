"""An agent and a worker of different versions: an upgrade leaves the old agent running for a moment."""

from __future__ import annotations

import json

import msgspec
import pytest
from soft_token import PIN, SoftTokens, logged_in, type_pin

from agent.ground.reports import ErrorReport
from agent.tokens import protocol
from agent.tokens.supervisor import pin_session
from agent.tokens.worker_process import WorkerProcess

BYTES = "AA=="
OF_43F4C2F = {
    "find_key_pair": {"id": BYTES},
    "generate_key_pair": {"id": BYTES, "label": "sign", "key_types": ["rsa:2048"], "usage": "sign"},
    "destroy_key_pair": {"id": BYTES},
    "sign_request": {"id": BYTES, "certificate": BYTES},
    "sign_message": {"id": BYTES, "certificate": BYTES, "content": BYTES},
    "sign_data": {"id": BYTES, "data": BYTES},
    "write_certificate": {"id": BYTES, "label": "sign", "certificate": BYTES},
    "destroy_certificate": {"id": BYTES, "certificate": BYTES},
    "decrypt_data": {"id": BYTES, "data": BYTES, "scheme": "rsaes-pkcs1-v1_5"},
    "import_key_pair": {
        "id": BYTES, "label": "encrypt", "envelope": BYTES, "recipient_id": BYTES,
        "certificate": BYTES,
    },
}  # fmt: skip
"""What commit 43f4c2f asks of a token that is logged in, by its tag; ``check_room`` is as it was."""
NONSENSE = [b"", b"{", b"\xff", b"[]", b'"list_tokens"', b'{"do": "fly"}', b'{"do": 1}', b"{}"]


async def answered(process: WorkerProcess, request: bytes) -> ErrorReport:
    """Send bytes in the place of a request, and return the error they are answered with."""
    reply = await process._exchange(msgspec.Raw(request))
    assert reply.error is not None
    return reply.error


async def test_what_an_agent_of_the_version_before_asks_for_is_answered_with_one_sentence(
    tokens,
):
    async with logged_in(tokens) as session:
        for tag, fields in OF_43F4C2F.items():
            request = json.dumps({"do": tag, **fields}).encode()
            error = await answered(session._process, request)
            assert error.code == "request_unknown", tag
            assert "has been updated" in error.message
            assert "更新" in error.message_zh
        found = await session.call(protocol.FindKeyPair(key=b"other"))
    assert (found.public, found.private) == (False, False), "the worker goes on"


@pytest.mark.parametrize("request_", NONSENSE)
async def test_what_is_no_request_is_answered_and_the_worker_goes_on(tokens, request_):
    process = await WorkerProcess.start(tokens.settings)
    try:
        assert (await answered(process, request_)).code == "request_unknown"
        assert len((await process.call(protocol.ListTokens())).tokens) == 1
    finally:
        await process.end()


async def test_an_agent_of_the_version_before_lists_tokens_and_logs_in(tokens):
    """These requests are as they were, and so is what it reads of their answers."""
    tokens.write(("a1b2", "sign", b"certificate"))
    [token] = await listed_by_43f4c2f(tokens)
    [certificate] = token["certificates"]
    assert certificate.items() >= {
        "value": "Y2VydGlmaWNhdGU=", "id": "obI=", "label": "sign", "has_private_key": None
    }.items()  # fmt: skip
    facts = token["facts"]
    assert facts.keys() >= {
        "slot", "label", "serial", "model", "manufacturer", "pin_state", "login_required",
        "protected_authentication_path",
    }  # fmt: skip
    reference = await tokens.reference()
    async with pin_session(tokens.settings, reference) as session:
        offer = json.loads(msgspec.json.encode(session.offer))
        assert offer.keys() >= {"endpoint", "pin_state", "has_pin_pad", "pin_limits"}
        assert (await type_pin(session, PIN)).agent is None


async def listed_by_43f4c2f(tokens: SoftTokens) -> list[dict]:
    process = await WorkerProcess.start(tokens.settings)
    try:
        reply = await process._exchange(protocol.ListTokens())
    finally:
        await process.end()
    return json.loads(bytes(reply.value))["tokens"]
