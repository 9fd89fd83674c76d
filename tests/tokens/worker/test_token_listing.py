"""Listing tokens through a worker: no PIN, and nothing a module does costs more than one call."""

from __future__ import annotations

import asyncio
import os
import signal
import struct

import pytest
from certificate_maker import make_der
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.constants import CertificateType
from soft_token import LABEL, MODULE, SoftTokens

from agent.ground.bus import EventBus
from agent.ground.reports import ReportedError
from agent.tokens import protocol
from agent.tokens.errors import ModuleCrashedError, ModuleHangsError
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleSettings, PinState, TokenReference
from agent.tokens.supervisor import ModuleWorker, pin_session
from agent.tokens.worker.cryptoki.module import MAX_SLOTS
from agent.tokens.worker_process import WorkerProcess


@pytest.fixture
async def worker(tokens):
    worker = ModuleWorker(tokens.settings)
    yield worker
    await worker.end()


async def test_a_token_is_read_without_a_pin(tokens, worker):
    der = make_der()
    tokens.write(("a1b2", "sign", der))
    [token] = (await worker.content()).tokens
    assert token.facts.label == LABEL
    assert len(token.facts.serial) == 16
    assert token.facts.pin_state is PinState.OK
    assert token.facts.login_required
    assert not token.facts.protected_authentication_path
    [found] = token.certificates
    assert (found.value, found.key, found.label) == (der, b"\xa1\xb2", "sign")


async def test_whether_a_private_key_is_there_is_unknown_without_a_pin(tokens, worker):
    tokens.write(("01", "sign", make_der()))
    [token] = (await worker.content()).tokens
    assert token.certificates[0].has_private_key is None


def unfinished(*attributes: tuple[int, int], is_private: bool) -> bytes:
    """Return an object's file as SoftHSM has it while another process makes the object.

    That is its generation, then each attribute's type, kind (1: truth, 2: number) and value.
    """
    numbers = b"".join(struct.pack(">3Q", name, 2, value) for name, value in attributes)
    truths = ((Attribute.TOKEN, False), (Attribute.PRIVATE, is_private))
    return struct.pack(">Q", 1) + numbers + b"".join(
        struct.pack(">2QB", name, 1, 0xFF if value else 0) for name, value in truths
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        unfinished(
            (Attribute.CLASS, ObjectClass.CERTIFICATE),
            (Attribute.CERTIFICATE_TYPE, CertificateType.X_509),
            is_private=False,
        ),
        unfinished((Attribute.CLASS, ObjectClass.CERTIFICATE), is_private=False),
        unfinished(
            (Attribute.CLASS, ObjectClass.PRIVATE_KEY),
            (Attribute.KEY_TYPE, KeyType.RSA),
            is_private=False,
        ),
    ],
    ids=["certificate", "certificate of no type", "private key"],
)
async def test_what_another_program_is_just_making_is_neither_listed_nor_touched(
    tokens, worker, content
):
    tokens.write(("01", "sign", make_der()))
    file = tokens.token_folder() / "5d6f7d07-1111-2222-3333-444455556666.object"
    file.write_bytes(content)
    [token] = (await worker.content()).tokens
    assert [found.key for found in token.certificates] == [b"\x01"]
    assert file.read_bytes() == content


async def test_all_tokens_of_a_module_are_listed_and_blank_ones_are_not(tokens, worker):
    tokens.initialise("SECOND")
    listed = (await worker.content()).tokens
    assert {token.facts.label for token in listed} == {LABEL, "SECOND"}


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("可信密钥".encode("gbk"), "可信密钥"),
        ("喆KEY".encode("gb18030"), "喆KEY"),
        ("可信密钥可信密钥可".encode(), "可信密钥可信密钥可"),
        ("密钥可信密钥可信密钥可信".encode()[:32], "密钥可信密钥可信密钥"),
    ],
    ids=["GBK", "GB 18030", "UTF-8", "UTF-8 that is cut"],
)
async def test_a_label_is_read_in_the_encoding_it_was_written_in(tokens, worker, label, shown):
    tokens.initialise(label)
    found = {token.facts.label: token.facts for token in (await worker.content()).tokens}
    assert found.keys() == {LABEL, shown}
    reference = TokenReference(module=MODULE, serial=found[shown].serial, label=shown)
    async with pin_session(tokens.settings, reference) as session:
        assert session.offer.pin_state is PinState.OK


async def test_a_module_without_tokens_is_empty(tmp_path):
    content = await SoftTokens(tmp_path / "none").content()
    assert content.tokens == ()


async def test_a_worker_reads_again_and_again(tokens, worker):
    first = await worker.content()
    tokens.write(("01", "sign", make_der()))
    second = await worker.content()
    assert [len(c.tokens[0].certificates) for c in (first, second)] == [0, 1]
    assert worker.restarts == 0


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "not a library"])
async def test_a_module_that_cannot_be_loaded_is_named(tmp_path, is_there):
    path = tmp_path / "vendor.so"
    if is_there:
        path.write_bytes(b"not a library")
    worker = ModuleWorker(ModuleSettings(path=str(path)))
    try:
        with pytest.raises(ReportedError) as caught:
            await worker.content()
    finally:
        await worker.end()
    assert caught.value.code == "module_not_loaded"
    assert str(path) in caught.value.report().message
    assert str(path) in caught.value.report().message_zh


@pytest.mark.parametrize("value", ["a\0b", "\ud800"], ids=["NUL", "lone surrogate"])
async def test_a_module_whose_settings_cannot_be_is_named_and_others_are_listed(tokens, value):
    broken = ModuleSettings(path="vendor.so", environment={"VENDOR": value})
    inventory = Inventory((broken, tokens.settings), EventBus())
    try:
        snapshot = await inventory.refresh()
    finally:
        await inventory.close()
    assert len(snapshot.tokens) == 1
    [problem] = snapshot.problems
    assert problem.report.code == "module_not_loaded"
    assert "vendor.so" in problem.report.message_zh


async def test_a_module_with_more_slots_than_any_machine_has_is_read_in_part_and_named(tmp_path):
    many = SoftTokens(tmp_path / "many")
    for number in range(MAX_SLOTS):  # and one that is free
        many.initialise(f"token {number}")
    content = await many.content()
    assert 0 < len(content.tokens) <= MAX_SLOTS
    [problem] = content.problems
    assert problem.code == "too_many_slots"
    assert "libsofthsm2.so" in problem.message


async def test_a_module_that_was_missing_is_loaded_once_it_is_there(tmp_path, tokens):
    path = tmp_path / "late.so"
    late = ModuleSettings(path=str(path), environment=tokens.settings.environment)
    worker = ModuleWorker(late)
    try:
        with pytest.raises(ReportedError):
            await worker.content()
        path.symlink_to(MODULE)
        assert len((await worker.content()).tokens) == 1
    finally:
        await worker.end()


async def test_a_killed_worker_is_started_again(tokens, worker):
    before = await worker.content()
    os.kill(worker._process.pid, signal.SIGKILL)
    await worker._process._process.wait()
    assert await worker.content() == before
    assert worker.restarts == 1


async def test_a_call_under_way_when_its_worker_dies_says_so(tokens, worker):
    await worker.content()
    os.kill(worker._process.pid, signal.SIGSTOP)
    call = asyncio.create_task(worker.content())
    await asyncio.sleep(0)
    os.kill(worker._process.pid, signal.SIGKILL)
    with pytest.raises(ModuleCrashedError) as caught:
        await call
    assert caught.value.code == "module_crashed"
    assert "libsofthsm2.so" in str(caught.value)
    assert len((await worker.content()).tokens) == 1


async def test_a_worker_that_does_not_answer_is_ended(tokens):
    process = await WorkerProcess.start(tokens.settings)
    await process.call(protocol.ListTokens())
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(ModuleHangsError):
        await process.call(protocol.ListTokens(), seconds=0.05)
    assert process.has_ended


async def test_a_worker_whose_call_was_cancelled_answers_no_other_call(tokens):
    process = await WorkerProcess.start(tokens.settings)
    call = asyncio.create_task(process.call(protocol.ListTokens()))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert process.has_ended


async def test_a_worker_ends_with_the_agents_pipe(tokens):
    process = await WorkerProcess.start(tokens.settings)
    await process.call(protocol.ListTokens())
    process._process.stdin.close()
    assert await process._process.wait() == 0


async def test_a_listing_worker_carries_out_nothing_that_needs_a_session(tokens):
    process = await WorkerProcess.start(tokens.settings)
    try:
        with pytest.raises(ReportedError) as caught:
            await process.call(protocol.SignData(key=b"\1", data=b"data"))
    finally:
        await process.end()
    assert caught.value.code == "object_missing"
