"""The matrix is whole: no operation of the protocol and no fault of the module is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import test_faulty_listing as listing
import test_faulty_nonsense as nonsense
import test_faulty_pins as pins
import test_faulty_sessions as sessions
from faulty_bench import ENDINGS, ERRORS, REQUESTS

from agent.tokens import protocol

EVERY = {*ENDINGS, *ERRORS}


def test_every_operation_of_the_protocol_is_driven():
    elsewhere = {
        protocol.ListTokens,
        protocol.LetGo,
        protocol.OpenSession,
        protocol.ReceivePin,
        protocol.LogIn,
        protocol.ChangePin,
        protocol.LogOut,
        protocol.DecryptContent,  # for SKF; here refused without a call
    }
    driven = {type(request) for request in REQUESTS.values()}
    assert driven | elsewhere == set(get_args(protocol.AnyRequest))


def test_every_operation_meets_every_ending_and_every_error():
    for operation in REQUESTS:
        assert {fault for op, _, fault in sessions.CASES if op == operation} == EVERY
        assert operation in {op for op, _ in sessions.HANGS}
    assert {fault for _, fault in sessions.OPEN_CASES} == EVERY
    assert {fault for function, fault, _ in pins.CASES if function == "C_Login"} == EVERY
    listed = listing.ENDING_CASES + listing.MODULE_CASES + listing.SLOT_CASES
    assert {fault for _, fault in listed} == EVERY


def test_every_fault_of_the_module_is_used_somewhere():
    source = Path(__file__).with_name("faulty.c").read_text()
    known = set(re.findall(r'\{"(\w+)", (?:0x|\w+\})', source))
    here = Path(__file__).parent
    rooms = (here, here.parent / "usb_token")
    tests = "".join(path.read_text() for room in rooms for path in room.glob("*.py"))
    assert len(known) == 31
    assert {fault for fault in known if not re.search(rf"\b{fault}\b", tests)} == set()


def test_the_matrix_has_hundreds_of_cases():
    count = sum(module.CASE_COUNT for module in (listing, sessions, pins, nonsense))
    print(f"{count} cases")
    assert count >= 300
