"""A repository of updates (TUF specification, 1.0.31) for trying the agent's client: keys beside it.

A publisher keeps the root's and the targets' keys off line; here all lie in one folder.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from agent.updates.model import Release, release_target
from sandbox.home import SandboxError

_Signed = TypeVar("_Signed", Root, Snapshot, Targets, Timestamp)

LIFETIMES = {"root": 365, "targets": 90, "snapshot": 30, "timestamp": 3}
"""Days each role's word holds: the timestamp's is the longest an update can be held back."""


class UpdateRepository:
    """A folder with ``metadata/``, ``targets/`` and ``keys/``; the first two are served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"
        self._keys = folder / "keys"

    @property
    def root(self) -> Path:
        """The first root, which a client is given beforehand."""
        return self._metadata / "1.root.json"

    def create(self) -> None:
        """Make keys and the first metadata, where there are none."""
        if self.root.exists():
            return
        for folder in (self._metadata, self._targets, self._keys):
            folder.mkdir(parents=True, exist_ok=True)
        root = Root(expires=_in_days(LIFETIMES["root"]), consistent_snapshot=True)
        for role in LIFETIMES:
            root.add_key(self._signer(role).public_key, role)
        self._write("root", root)
        self._write("targets", Targets())
        self._write("snapshot", Snapshot())
        self._write("timestamp", Timestamp())

    def publish(self, release: Release, package: Path | None) -> None:
        """Add a release and its package; it becomes the newest for this system."""
        self.create()
        targets = Metadata[Targets].from_file(str(self._newest("targets"))).signed
        if package is not None:
            release = msgspec.structs.replace(release, package=f"packages/{package.name}")
            self._add(targets, release.package, package.read_bytes())
        self._add(targets, release_target(), msgspec.json.encode(release))
        targets.version += 1
        self._write("targets", targets)
        self.refresh()

    def refresh(self, *, days: float | None = None) -> None:
        """Publish a new snapshot and timestamp; ``days`` is how long the timestamp's word holds."""
        snapshot = Metadata[Snapshot].from_file(str(self._newest("snapshot"))).signed
        version = Metadata[Targets].from_file(str(self._newest("targets"))).signed.version
        snapshot.meta["targets.json"] = MetaFile(version)
        snapshot.version += 1
        self._write("snapshot", snapshot)
        timestamp = Metadata[Timestamp].from_file(str(self._metadata / "timestamp.json")).signed
        timestamp.snapshot_meta = MetaFile(snapshot.version)
        timestamp.version += 1
        self._write("timestamp", timestamp, days=days)

    def _add(self, targets: Targets, path: str, content: bytes) -> None:
        target = TargetFile.from_data(path, content, ["sha256"])
        targets.targets[path] = target
        folder, _, name = path.rpartition("/")
        (self._targets / folder).mkdir(parents=True, exist_ok=True)
        (self._targets / folder / f"{target.hashes['sha256']}.{name}").write_bytes(content)

    def _write(self, role: str, signed: _Signed, *, days: float | None = None) -> None:
        signed.expires = _in_days(LIFETIMES[role] if days is None else days)
        metadata = Metadata(signed)
        metadata.sign(self._signer(role))
        name = f"{role}.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        metadata.to_file(str(self._metadata / name))

    def _newest(self, role: str) -> Path:
        files = self._metadata.glob(f"*.{role}.json")
        return max(files, key=lambda file: int(file.name.split(".")[0]))

    def _signer(self, role: str) -> CryptoSigner:
        file = self._keys / f"{role}.pem"
        if not file.exists():
            signer = CryptoSigner.generate_ed25519()
            file.touch(mode=0o600)
            file.write_bytes(signer.private_bytes)
            return signer
        key = load_pem_private_key(file.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise SandboxError(f"{file} holds another kind of key")
        return CryptoSigner(key)


def _in_days(days: float) -> dt.datetime:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).replace(microsecond=0)
