"""A token behind the faulty module, and what every case asserts. Needs softhsm2 and gcc."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from certificate_maker import china, ec_key, make_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from envelope_maker import NEW, OTHER, certificate_of, der, public_bytes, sandbox_envelope
from soft_token import LABEL, MODULE, PIN, SoftTokens

from agent.ground.bus import EventBus
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.tokens import errors, protocol
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleSettings, TokenReference
from agent.tokens.snapshot import Snapshot
from agent.tokens.supervisor import ModuleWorker

KEY_ID, RSA_ID = b"\x01", b"\x02"
KEY = ec_key("faulty")
CERTIFICATE = make_x509(key=KEY, not_after=china("2099-01-01 00:00:00"))
DER = CERTIFICATE.public_bytes(Encoding.DER)
GIBIBYTE = 1 << 30

ENDINGS = ("crash", "abort", "exit")
"""Faults after which the process is gone."""
REMOVALS = ("device_removed", "token_not_present")
ERRORS = (
    "general_error", "function_failed", "device_error", "host_memory", "device_memory", *REMOVALS,
    "0x80000001",  # CKR_VENDOR_DEFINED + 1
)  # fmt: skip
WRITING = ("C_GenerateKeyPair", "C_CreateObject")
NOT_WRITTEN = {"device_memory": "token_full"} | dict.fromkeys(
    ("general_error", "function_failed", "device_error"), "not_written"
)
"""What a fault means where something was to be stored: many modules do not say that it is full."""

NAMING = {
    "module_crashed", "module_hangs", "module_not_loaded", "token_error", "token_unreadable",
    "not_written", "signature_invalid", "key_type_unsupported", "too_many_slots",
}  # fmt: skip
"""Codes of errors that are the module's: their sentences name it."""
STABLE_CODES = {error.code for error in vars(errors).values() if hasattr(error, "code")}

REQUESTS: dict[str, protocol.Request] = {
    "find": protocol.FindKeyPair(key=KEY_ID),
    "generate": protocol.GenerateKeyPair(key=b"new", label="new", key_types=("ec:secp256r1",)),
    "companions": protocol.FindCompanions(key=KEY_ID),
    "destroy": protocol.DestroyKeyPair(key=KEY_ID),
    "sign request": protocol.SignRequest(key=KEY_ID, certificate=DER),
    "sign message": protocol.SignMessage(key=KEY_ID, certificate=DER, content=b"content"),
    "sign data": protocol.SignData(key=KEY_ID, data=b"data"),
    "sign digest": protocol.SignDigest(key=KEY_ID, digest=bytes(32), algorithm="sha256"),
    "write": protocol.WriteCertificate(key=b"new", label="new", certificate=DER),
    "destroy certificate": protocol.DestroyCertificate(key=KEY_ID, certificate=DER),
    "prove": protocol.ProveDecryption(key=RSA_ID, public_key=public_bytes(OTHER)),
    "decrypt": protocol.DecryptKey(key=RSA_ID, encrypted_key=bytes(255) + b"\2", size=32),
    "import": protocol.ImportKeyPair(
        key=b"new",
        label="new",
        envelope=sandbox_envelope(OTHER.public_key()),
        envelope_kind=protocol.EnvelopeKind.CMS,
        recipient=RSA_ID,
        certificate=der(certificate_of(NEW)),
    ),
    "check room": protocol.CheckRoom(bytes=6000),
}
"""The operations of a session that is logged in."""


def build(folder: Path) -> Path:
    """Compile the faulty module into ``folder``."""
    built = folder / "faulty.so"
    subprocess.run(
        [
            "gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared",
            "-fvisibility=hidden", "-o", built,
            Path(__file__).with_name("faulty.c"), "-ldl",
        ],
        check=True,
    )  # fmt: skip
    return built


class Bench:
    """A SoftHSM of its own behind the faulty module, with one key pair and its certificate."""

    def __init__(self, library: Path, folder: Path, filled: Path) -> None:
        folder.mkdir()
        self.tokens = SoftTokens(folder / "hsm")
        shutil.copytree(filled, self.tokens.store, dirs_exist_ok=True)
        self._library = library
        self.pad = folder / "pad"
        self._faults = folder / "faults"
        self._log = folder / "calls"

    @property
    def settings(self) -> ModuleSettings:
        environment = {
            **self.tokens.settings.environment,
            "FAULTY_FORWARD": MODULE,
            "FAULTY_FILE": str(self._faults),
            "FAULTY_PAD": str(self.pad),
            "FAULTY_LOG": str(self._log),
        }
        return ModuleSettings(path=str(self._library), environment=environment)

    @property
    def plain(self) -> ModuleSettings:
        """The same token through SoftHSM itself."""
        return self.tokens.settings

    def switch_on(self, *faults: str) -> None:
        """Let functions misbehave from now on: ``C_Sign=crash``, see faulty.c."""
        self._faults.write_text(",".join(faults))

    def switch_off(self) -> None:
        self._faults.unlink(missing_ok=True)

    def calls(self) -> Counter[str]:
        """Return how often each function has been called, by all processes."""
        return Counter(self._log.read_text().split() if self._log.exists() else ())

    async def reference(self) -> TokenReference:
        worker = ModuleWorker(self.settings)
        try:
            [token] = (await worker.content()).tokens
        finally:
            await worker.end()
        return TokenReference(
            module=str(self._library), serial=token.facts.serial, label=token.facts.label
        )

    async def check_that_it_works_again(self) -> None:
        """Assert that the next listing is whole once the fault is gone."""
        self.switch_off()
        assert (await self.reference()).label == LABEL


def fill(tokens: SoftTokens, folder: Path) -> None:
    """Put a token with a key pair, its certificate and an RSA pair into ``tokens``."""
    tokens.initialise()
    for key, key_id in ((KEY, KEY_ID), (OTHER, RSA_ID)):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(pem)
        tokens._run(
            "softhsm2-util", "--import", str(folder / "key.pem"), "--token", LABEL,
            "--label", "sign", "--id", key_id.hex(), "--pin", PIN,
        )  # fmt: skip
    tokens.write((KEY_ID.hex(), "sign", DER))


@dataclass(frozen=True)
class Listing:
    """An inventory of the faulty module and of a sound one beside it."""

    inventory: Inventory
    faulty: ModuleSettings
    sound: ModuleSettings

    def labels(self, snapshot: Snapshot, module: ModuleSettings) -> list[str]:
        return [t.reference.label for t in snapshot.tokens if t.reference.module == module.path]

    def check_that_the_other_module_is_listed(self, snapshot: Snapshot) -> None:
        assert self.labels(snapshot, self.sound) == [LABEL]
        assert all(problem.module == self.faulty.path for problem in snapshot.problems)

    async def check_that_all_is_listed(self) -> None:
        for reader in self.inventory.readers:
            reader.worker.hurry()  # as an event would: a pause after failures is another test's
        snapshot = await self.inventory.refresh()
        assert self.labels(snapshot, self.faulty) == [LABEL]
        assert self.labels(snapshot, self.sound) == [LABEL]
        assert snapshot.problems == ()

    def faulty_pid(self) -> int | None:
        process = self.inventory.readers[0].worker._process
        return None if process is None or process.has_ended else process.pid


@contextlib.asynccontextmanager
async def listing(bench: Bench, sound: ModuleSettings):
    """Give an inventory of both modules; its workers are gone afterwards."""
    inventory = Inventory((bench.settings, sound), EventBus())
    try:
        yield Listing(inventory, bench.settings, sound)
    finally:
        await inventory.close()


def code_of(fault: str, function: str = "") -> str:
    """Return the code a fault of that function has in the middle of an operation."""
    if function in WRITING and fault in NOT_WRITTEN:
        return NOT_WRITTEN[fault]
    codes = dict.fromkeys(ENDINGS, "module_crashed") | dict.fromkeys(REMOVALS, "token_missing")
    return codes.get(fault, "token_error")


def check_error(error: object, code: str | None = None) -> None:
    """Assert that ``error`` is one a person can be told, with a code that stays."""
    assert isinstance(error, OdcError), repr(error)
    report = error.report()
    assert report.code in STABLE_CODES
    assert code in {None, report.code}, report
    for english, chinese in (
        (report.message, report.message_zh),
        (report.advice, report.advice_zh),
    ):
        assert english.isprintable()
        assert english[:1].isupper()
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert error.text(Language.ZH) == report.message_zh
    if report.code in NAMING:
        assert "faulty.so" in report.message
        assert "faulty.so" in report.message_zh


def workers_of(library: Path) -> list[int]:
    """Return the processes that were started for ``library``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if os.fsencode(library) in (folder / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def protect_the_machine(pid: int, limit: int = GIBIBYTE) -> None:
    """Limit a worker that is about to be told absurd lengths, where it has not limited itself."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, hard))
