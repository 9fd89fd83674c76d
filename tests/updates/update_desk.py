"""A repository of updates that is served, and agents that ask it."""

from __future__ import annotations

import asyncio
import datetime as dt

from tuf.api.metadata import Metadata, TargetFile, Targets

from agent.ground.bus import EventBus
from agent.settings.config import UpdateSettings
from agent.updates.model import Release
from agent.updates.service import UpdateService
from sandbox.desk.update_repository import UpdateRepository

PACKAGE = bytes(range(256)) * 1024


class Desk:
    """A repository that is served, and agents that ask it."""

    def __init__(self, folder, address):
        self.folder = folder
        self.repository = UpdateRepository(folder / "repository")
        self.address = address
        self.events = []
        self.now = dt.datetime.now(dt.UTC)
        self.bus = EventBus()
        self.bus.subscribe(self.events.append)

    @property
    def metadata(self):
        return self.repository.folder / "metadata"

    def publish(self, version, notes="更快"):
        package = self.folder / f"odc-agent_{version}.deb"
        package.write_bytes(PACKAGE)
        self.repository.publish(Release(version=version, notes={"zh_CN": notes}), package)

    def agent(self, **changed):
        said = {"url": self.address, "root": self.repository.root, **changed}
        return UpdateService(
            settings=UpdateSettings(**said),
            folder=self.folder / "agent",
            bus=self.bus,
            clock=lambda: self.now,
        )

    def check(self):
        return asyncio.run(self.agent().check()).release

    def add_target(self, path, content):
        """Sign a target under a path no publisher of ours would choose."""
        targets = Metadata[Targets].from_file(str(self.repository._newest("targets"))).signed
        target = TargetFile.from_data(path, content, ["sha256"])
        targets.targets[path] = target
        targets.version += 1
        self.repository._write("targets", targets)
        self.repository.refresh()
