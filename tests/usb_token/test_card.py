"""The card by itself, without a reader: what it answers to which bytes."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.home import SandboxError
from sandbox.usb_token import tlv
from sandbox.usb_token.apdu import Command, parse_command
from sandbox.usb_token.applet import AID
from sandbox.usb_token.card import Card
from sandbox.usb_token.files import CAPACITY, MAX_FILES
from sandbox.usb_token.pins import TRIES
from sandbox.usb_token.state import blank_card, decode_state, load_state
from sandbox.usb_token.status import CardError

OK = "9000"
PIN = b"135790".ljust(16, b"\0")
PUK = b"1234567812345678"
PROTECTED = bytes.fromhex("ff90909090909000")
NEVER = bytes.fromhex("ffffffffffff90ff")
RSA, EC = 0xF3, 0xEC
P256 = {
    0x81: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    0x82: "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
    0x83: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    0x84: "04" + "00" * 64,
    0x85: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    0x87: "0001",
}
CURVE = b"".join(tlv.encode(tag, bytes.fromhex(value)) for tag, value in P256.items())


class Wire:
    """A card, and what a reader sends to it."""

    def __init__(self) -> None:
        self.saved: list[bytes] = []
        self.state = blank_card()
        self.card = Card(self.state, self.saved.append)

    def send(self, header: str, data: bytes = b"", le: int | None = None) -> tuple[bytes, str]:
        raw = bytes.fromhex(header)
        raw += bytes([len(data)]) + data if data else b""
        raw += bytes([le % 256]) if le is not None else b""
        reply = self.card.answer(raw)
        return reply[:-2], reply[-2:].hex()

    def status(self, header: str, data: bytes = b"", le: int | None = None) -> str:
        return self.send(header, data, le)[1]

    def whole(self, header: str, data: bytes = b"") -> bytes:
        """Send, and fetch all pieces of the answer."""
        found, status = self.send(header, data, 256)
        while status.startswith("61"):
            more, status = self.send("00c00000", le=bytes.fromhex(status)[1])
            found += more
        assert status == OK
        return found

    def give_pin(self) -> None:
        assert self.status("00240102", PUK) == OK
        assert self.status("00240101", PIN) == OK

    def create(self, identifier: str, size: int, conditions: bytes = b"", kind: str = "01") -> str:
        parameters = {
            0x80: size.to_bytes(2, "big"),
            0x82: bytes.fromhex(kind),
            0x83: bytes.fromhex(identifier),
            0x86: conditions,
        }
        inner = b"".join(tlv.encode(tag, value) for tag, value in parameters.items() if value)
        return self.status("00e00000", tlv.encode(0x6F, inner))

    def choose_key(self, reference: int, algorithm: int) -> None:
        data = bytes([0x80, 1, algorithm, 0x84, 1, reference])
        assert self.status("002241b6", data) == OK


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def held(wire) -> Wire:
    """A card with a PIN that has been verified."""
    wire.give_pin()
    return wire


# --- APDUs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "data", "expected"),
    [
        ("00a40000", "", 0),
        ("00b0000010", "", 16),
        ("00b0000000", "", 256),
        ("00a40000023f00", "3f00", 0),
        ("00a40000023f0000", "3f00", 256),
        ("00b00000000100", "", 256),
        ("00b00000000000", "", 65536),
        ("00a400000000023f00", "3f00", 0),
        ("00a400000000023f000010", "3f00", 16),
    ],
)
def test_all_seven_cases_are_decoded(raw, data, expected):
    command = parse_command(bytes.fromhex(raw))
    assert (command.data.hex(), command.expected) == (data, expected)


@pytest.mark.parametrize("raw", ["", "00", "00a400", "00a40000033f00", "00a40000023f00000000"])
def test_lengths_that_contradict_each_other_are_refused(wire, raw):
    assert wire.card.answer(bytes.fromhex(raw)).hex() == "6700"


def test_an_unknown_class_and_an_unknown_instruction_are_refused(wire):
    assert wire.status("80a40000") == "6e00"
    assert wire.status("00f10000") == "6d00"


def test_a_chain_is_joined(held):
    held.create("1000", 600)
    first, second = bytes(range(200)), bytes(range(100))
    assert held.status("10d60000", first) == OK
    assert held.status("00d60000", second) == OK
    assert held.whole("00b00000")[:200] == first
    assert held.send("00b000c8", le=100)[0] == second


def test_a_chain_that_changes_its_mind_is_refused(held):
    held.status("10d60000", b"a")
    assert held.status("00b00000", le=1) == "6883"
    assert held.status("00200001", PIN) == OK


# --- files ---------------------------------------------------------------------------------------


def test_a_file_is_written_and_read_by_parts(held):
    assert held.create("1000", 10) == OK
    assert held.status("00d60003", b"abc") == OK
    assert held.send("00b00002", le=4) == (b"\0abc", OK)
    assert held.send("00b00009", le=200) == (b"\0", OK)
    assert held.status("00b0000b", le=1) == "6b00"
    assert held.status("00d60008", b"abc") == "6a84"


def test_control_information_tells_what_a_file_is(held):
    held.create("1000", 10, PROTECTED)
    found, status = held.send("00a40000", bytes.fromhex("1000"), 256)
    assert status == OK
    parameters = tlv.decode(tlv.decode(found)[0x6F])
    assert parameters[0x80].hex() == "000a"
    assert parameters[0x83].hex() == "1000"
    assert parameters[0x86] == PROTECTED


def test_files_are_selected_by_identifier_path_name_and_parent(held):
    assert held.create("5015", 0, kind="38") == OK
    assert held.create("4401", 5) == OK
    for header, data in [
        ("00a40000", "3f00"),
        ("00a4080c", "50154401"),
        ("00a4030c", ""),
        ("00a4090c", "50154401"),
        ("00a4000c", "4401"),
        ("00a4020c", "4401"),
    ]:
        assert held.status(header, bytes.fromhex(data)) == OK, header
    assert held.status("00a4080c", bytes.fromhex("50154402")) == "6a82"
    assert held.status("00a4040c", b"nobody") == "6a82"
    assert held.status("00a4070c") == "6a86"


def test_a_deleted_folder_takes_its_files_with_it(held):
    held.create("5015", 0, kind="38")
    held.create("4401", 5)
    held.status("00a40000", bytes.fromhex("3f00"))
    assert held.status("00e40000", bytes.fromhex("5015")) == OK
    assert held.status("00a4080c", bytes.fromhex("50154401")) == "6a82"
    assert list(decode_state(held.saved[-1]).files) == [""]


def test_protected_files_want_the_pin_and_forbidden_ones_never_open(held):
    held.create("1000", 5, PROTECTED)
    held.create("1001", 5, NEVER)
    assert held.status("00b00000", le=5) == "6982"
    held.card.reset()
    held.status("00a4000c", bytes.fromhex("1000"))
    assert held.status("00d60000", b"a") == "6982"
    assert held.status("00b00000", le=5) == OK
    assert held.status("00e40000", bytes.fromhex("1000")) == "6982"
    held.status("00200001", PIN)
    assert held.status("00d60000", b"a") == OK


def test_there_is_an_end_to_the_memory(held):
    statuses = {held.create(f"{0x1000 + n:04x}", 1000) for n in range(CAPACITY // 1000 + 1)}
    assert statuses == {OK, "6a84"}
    for n in range(MAX_FILES):
        last = held.create(f"{0x2000 + n:04x}", 0)
    assert last == "6a84"


def test_a_file_is_not_created_twice(held):
    assert held.create("1000", 5) == OK
    assert held.create("1000", 5) == "6a89"


# --- PINs ----------------------------------------------------------------------------------------


def test_wrong_pins_count_down_and_lock_even_for_the_right_one(held):
    statuses = [held.status("00200001", b"000000") for _ in range(TRIES)]
    assert statuses == ["63c5", "63c4", "63c3", "63c2", "63c1", "6983"]
    assert held.status("00200001", PIN) == "6983"
    assert held.status("00200001") == "6983"


def test_the_state_is_told_without_costing_a_try(held):
    assert held.status("00200001") == OK
    held.card.reset()
    assert [held.status("00200001") for _ in range(10)] == ["63c6"] * 10


def test_logging_out_and_selecting_the_applet_anew_forget_the_pin(held):
    assert held.status("0020ff01") == OK
    assert held.status("00200001") == "63c6"
    held.status("00200001", PIN)
    assert held.send("00a40400", AID) == (bytes.fromhex("000606"), OK)
    assert held.status("00200001") == "63c6"


def test_the_puk_unblocks_and_locks_too(held):
    for _ in range(TRIES):
        held.status("00200001", b"000000")
    assert held.status("002c0001", b"x" * 16 + PIN) == "63c5"
    assert held.status("002c0001", PUK + b"246802") == OK
    assert held.status("00200001", b"246802") == OK
    for _ in range(TRIES):
        last = held.status("002c0001", b"x" * 16)
    assert last == "6983"
    assert held.status("002c0001", PUK) == "6983"


def test_changing_the_pin_wants_the_old_one(held):
    assert held.status("00240001", b"000000".ljust(16, b"\0") + b"246802") == "63c5"
    assert held.status("00240001", PIN + b"1") == "6a80"
    assert held.status("00240001", PIN + b"246802") == OK
    assert held.status("00200001", PIN) == "63c5"


def test_a_card_without_a_pin_has_none_to_verify(wire):
    assert wire.status("00200001", PIN) == "6a88"
    assert wire.status("00240101", b"1") == "6a80"
    wire.give_pin()
    assert wire.status("00240101", PIN) == "6985"
    assert wire.status("00200002", PIN) == "6a88"


def test_a_lost_try_is_saved_before_it_is_answered(held):
    held.status("00200001", b"000000")
    assert decode_state(held.saved[-1]).pin.tries_left == TRIES - 1
    assert b"135790" not in held.saved[-1]


# --- keys ----------------------------------------------------------------------------------------


def test_keys_are_for_the_pins_holder_alone(wire):
    wire.choose_key(0, RSA)
    for header in ("00464200", "00db3fff", "002a9e9a", "002a8086"):
        assert wire.status(header) == "6982"


def test_a_generated_rsa_key_signs_and_deciphers(held):
    held.choose_key(3, RSA)
    public = tlv.decode(tlv.decode(held.whole("00464200"))[0x7F49])
    key = rsa.RSAPublicNumbers(
        int.from_bytes(public[0x82], "big"), int.from_bytes(public[0x81], "big")
    ).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"text")
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest.finalize()
    key.verify(held.whole("002a9e9a", info), b"text", padding.PKCS1v15(), hashes.SHA256())
    sealed = b"\0" + key.encrypt(b"secret", padding.PKCS1v15())
    assert held.status("102a8086", sealed[:200]) == OK
    assert held.whole("002a8086", sealed[200:]) == b"secret"


def test_a_generated_ec_key_signs(held):
    held.choose_key(0, EC)
    public = tlv.decode(tlv.decode(held.whole("00460000", CURVE))[0x7F49])
    assert {tag: public[tag].hex() for tag in P256} == P256
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public[0x86])
    key.verify(held.whole("002a9e9a", b"text"), b"text", ec.ECDSA(hashes.SHA1()))
    assert held.status("002a8086", bytes(33)) == "6985"


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_an_imported_key_is_that_key(held, kind):
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        n = key.private_numbers()
        parts = zip(range(0x92, 0x97), (n.p, n.q, n.iqmp, n.dmp1, n.dmq1), strict=True)
        inner = b"".join(tlv.encode(tag, value.to_bytes(128, "big")) for tag, value in parts)
        data, algorithm = tlv.encode(0x7F48, inner), RSA
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_numbers().private_value.to_bytes(32, "big")
        data, algorithm = tlv.encode(0xE0, CURVE + tlv.encode(0x88, secret)), EC
    held.choose_key(1, algorithm)
    while len(data) > 200:
        assert held.status("10db3fff", data[:200]) == OK
        data = data[200:]
    assert held.status("00db3fff", data) == OK
    signature = held.whole("002a9e9a", bytes(32))
    if kind == "ec":
        key.public_key().verify(signature, bytes(32), ec.ECDSA(hashes.SHA1()))
    else:
        number = pow(int.from_bytes(signature, "big"), 65537, n.public_numbers.n)
        assert number.to_bytes(256, "big").endswith(b"\xff\0" + bytes(32))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", "6a81"),
        (b"\x7f\x48\x00", "6a81"),
        (tlv.encode(0xE0, CURVE), "6a80"),
        (tlv.encode(0xE0, b"\x81\x01\x07"), "6a81"),
        (tlv.encode(0x7F48, b"\x92\x01"), "6a80"),
        (b"\x7f\x48\x83\x00\x00\x01\x00", "6a80"),
    ],
)
def test_what_is_no_key_is_not_imported(held, data, status):
    held.choose_key(1, RSA)
    assert held.status("00db3fff", data) == status
    assert not decode_state(held.saved[-1]).keys


def test_a_key_that_is_not_there_cannot_sign(held):
    held.choose_key(5, RSA)
    assert held.status("002a9e9a", bytes(32)) == "6a88"
    held.choose_key(16, RSA)
    assert held.status("00464200", le=256) == "6a88"
    held.choose_key(1, 0x01)
    assert held.status("00464200", le=256) == "6a81"


# --- what is kept --------------------------------------------------------------------------------


def test_a_command_that_cannot_be_saved_has_not_happened():
    state, space = blank_card(), [True]

    def save(_text: bytes) -> None:
        if not space[0]:
            raise OSError(28, "No space left on device")

    wire = Wire()
    wire.card = Card(state, save)
    wire.give_pin()
    space[0] = False
    assert wire.create("1000", 5) == "6581"
    space[0] = True
    assert wire.status("00a4000c", bytes.fromhex("1000")) == "6a82"
    assert wire.status("00200001", PIN) == OK


def test_a_card_that_was_pulled_out_is_as_it_was(held):
    held.create("1000", 5)
    held.status("00d60000", b"abcde")
    held.choose_key(0, EC)
    held.whole("00460000", CURVE)
    again = Wire()
    again.card = Card(decode_state(held.saved[-1]), again.saved.append)
    assert again.status("00a4000c", bytes.fromhex("1000")) == OK
    assert again.send("00b00000", le=5) == (b"abcde", OK)
    assert again.status("00200001", PIN) == OK
    again.choose_key(0, EC)
    assert again.whole("002a9e9a", bytes(32))
    # Reading changes nothing, and what does not change is not written; logging in gives tries back.
    assert again.saved == []


@pytest.mark.parametrize("text", [b"", b"{", b'{"serial": 1}', b"\xff" * 10])
def test_a_damaged_file_is_said_to_be_one(tmp_path, text):
    (tmp_path / "key.json").write_bytes(text)
    with pytest.raises(SandboxError, match="is not a token's file"):
        load_state(tmp_path / "key.json")


# --- anything at all -----------------------------------------------------------------------------

INSTRUCTIONS = "202224 2a2c4684a4b0c0d6dbe0e4"
instructions = st.sampled_from(sorted(bytes.fromhex(INSTRUCTIONS.replace(" ", ""))))
parameters = st.sampled_from(
    [0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x09, 0x3F, 0x41, 0x80, 0x9E, 0xFF]
)
objects = st.builds(
    tlv.encode,
    st.sampled_from(
        [0x62, 0x6F, 0x7F48, 0x80, 0x81, 0x82, 0x83, 0x84, 0x86, 0x88, 0x92, 0x93, 0xE0]
    ),
    st.binary(max_size=40),
)
templates = st.builds(
    lambda tag, parts: tlv.encode(tag, b"".join(parts)),
    st.sampled_from([0x62, 0x6F, 0x7F48, 0xE0]),
    st.lists(objects, max_size=6),
)
likely = st.builds(
    lambda cla, ins, p1, p2, data, le: (
        bytes([cla, ins, p1, p2]) + (bytes([len(data)]) + data if data else b"") + le
    ),
    st.sampled_from([0x00, 0x10]),
    # Generating RSA keys takes long and needs no luck to be reached.
    instructions.filter(lambda ins: ins != 0x46),
    parameters | st.integers(0, 255),
    parameters | st.sampled_from([0x86, 0x9A, 0xB6]) | st.integers(0, 255),
    st.binary(max_size=255) | objects | templates.filter(lambda t: len(t) < 256),
    st.binary(max_size=1),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(likely | st.binary(max_size=300), max_size=30), st.booleans())
def test_nothing_a_reader_sends_makes_a_card_fail(commands, is_verified):
    wire = Wire()
    wire.give_pin()
    if not is_verified:
        wire.card.reset()
    for raw in commands:
        reply = wire.card.answer(raw)
        assert 2 <= len(reply) <= 65538
        assert reply[-2] >> 4 in (6, 9)
    if wire.saved:
        assert isinstance(decode_state(wire.saved[-1]), msgspec.Struct)


@given(st.binary(max_size=400))
def test_bytes_are_a_command_or_refused(raw):
    with contextlib.suppress(CardError):
        assert isinstance(parse_command(raw), Command)


@given(st.dictionaries(st.sampled_from([0x80, 0x81, 0x7F49, 0xE0]), st.binary(max_size=70000)))
def test_data_objects_are_read_as_they_were_written(found):
    kept = {tag: value for tag, value in found.items() if len(value) < 65536}
    text = b"".join(tlv.encode(tag, value) for tag, value in kept.items())
    assert tlv.decode(text) == kept
