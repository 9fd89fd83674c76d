"""A bare, wrapped key: unwrapped by the token where it can, opened and imported where it cannot."""

from __future__ import annotations

import contextlib
import re

from envelope_maker import NEW, OTHER, PADDINGS, certificate_of, der, sandbox_envelope
from hypothesis import given, settings
from soft_token import PIN, Outcome, logged_in, type_pin
from test_key_envelope import NOBODY, RECIPIENT, content_of, damaged, is_new
from test_key_import import (
    CERTIFICATE,
    KEY_ID,
    NOTHING,
    WHOLE,
    decrypts,
    halves,
    order,
    refused,
    transport_key,
)

from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.model import TokenReference
from agent.tokens.supervisor import pin_session
from agent.tokens.worker.envelope import bare_key_in, read_envelope

ENVELOPE = sandbox_envelope(RECIPIENT.public_key(), is_bare=True)
CONTENT_KEY = RECIPIENT.decrypt(
    read_envelope(ENVELOPE).recipients[0].encrypted_key, PADDINGS["rsaes-pkcs1-v1_5"]
)


async def test_the_token_unwraps_it_and_the_worker_never_has_it(tokens, tmp_path):
    async with logged_in(tokens) as session:
        recipient = (await transport_key(session)).public_key()
    spied, plain = tokens.spied_on(tmp_path / "log"), await tokens.reference()
    reference = TokenReference(module=spied.path, serial=plain.serial, label=plain.label)
    async with pin_session(spied, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        await session.call(order(sandbox_envelope(recipient, is_bare=True)))
    calls = re.findall(r"^\d+: (C_\w+)", (tmp_path / "log").read_text(), re.MULTILINE)
    assert "C_UnwrapKey" in calls
    assert calls.count("C_CreateObject") == 1, "the public half"
    assert calls.count("C_Decrypt") <= 2, "the trial of the new key, nothing else"
    async with logged_in(tokens) as session:
        assert await decrypts(session, CERTIFICATE, KEY_ID)
    assert tokens.attributes("PRIVATE_KEY", KEY_ID) == {
        "SENSITIVE": True, "EXTRACTABLE": False, "PRIVATE": True, "LOCAL": False,
        "NEVER_EXTRACTABLE": False, "SIGN": False, "DECRYPT": True,
    }  # fmt: skip


async def test_what_the_token_does_not_unwrap_is_opened_and_imported(tokens):
    """SoftHSM knows OAEP with SHA-1 alone, so it cannot unwrap this content key."""
    async with logged_in(tokens) as session:
        recipient = (await transport_key(session)).public_key()
        envelope = sandbox_envelope(recipient, transport="rsaes-oaep", is_bare=True)
        await session.call(order(envelope))
        assert await decrypts(session, CERTIFICATE, KEY_ID)


async def test_an_unwrapped_key_opens_the_next_one(tokens):
    async with logged_in(tokens) as session:
        recipient = (await transport_key(session)).public_key()
        await session.call(order(sandbox_envelope(recipient, is_bare=True)))
        following = sandbox_envelope(NEW.public_key(), OTHER, is_bare=True)
        certificate = certificate_of(OTHER)
        await session.call(
            order(following, key=b"next", recipient=KEY_ID, certificate=der(certificate))
        )
        assert await decrypts(session, certificate, b"next")


async def test_a_bare_key_that_is_of_no_use_writes_nothing(tokens):
    async with logged_in(tokens) as session:
        recipient = (await transport_key(session)).public_key()
        useless = {
            "key_mismatch": sandbox_envelope(recipient, OTHER, is_bare=True),
            "key_envelope_unopened": sandbox_envelope(OTHER.public_key(), is_bare=True),
            "key_envelope_invalid": sandbox_envelope(recipient, is_bare=True)[:-1],
        }
        for code, envelope in useless.items():
            assert await refused(session, order(envelope)) == code
            assert await halves(session) == NOTHING
        await session.call(order(sandbox_envelope(recipient, is_bare=True)))
        assert await halves(session) == WHOLE


def test_the_worker_reads_what_the_sandbox_sends():
    assert read_envelope(ENVELOPE).recipients_for(NOBODY)
    assert is_new(bare_key_in(content_of(ENVELOPE)))


@settings(max_examples=300, deadline=None)
@given(damaged(ENVELOPE))
def test_a_damaged_bare_key_is_one_error_or_still_the_key(envelope):
    with contextlib.suppress(KeyEnvelopeInvalidError):
        read = read_envelope(envelope)
        assert read.is_bare
        key = CONTENT_KEY.ljust(read.key_bytes, b"\0")[: read.key_bytes]
        assert is_new(bare_key_in(read.opened(bytearray(key))))
