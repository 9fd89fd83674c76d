"""A kill at each call of a PIN session on an SKF token: what is begun again comes to the same end.

Each step runs over the driver and the token's process. From the call that is struck on nothing reaches the
token, as after a kill; what a worker's end clears by itself is cleared by hand. Some calls are struck in
each run, those that ODC_CHAOS_SEED says; ``make chaos`` strikes them all.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import os
import random
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from container_context import (
    MADE,
    NEW,
    OLD_ENCRYPTION,
    OLD_KEY,
    OLD_OPENER,
    OLD_SIGNING,
    context_of,
    released,
    renewal_of,
    server_key_for,
)
from skf_bench import SkfBench, application
from skf_desk import SkfDesk

from agent.keys.public_key import PublicKey
from agent.keys.requests import read_request
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.renewals.steps.issuing import issue
from agent.renewals.steps.pin_steps import install, sign_submission
from agent.tokens.errors import TokenFullError
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.state import Container, Half, TokenState, save_state

OLD = Container(
    name="old",
    kind=KeyKind.SM2,
    signing=Half(private=OLD_KEY.private, public=OLD_KEY.point, certificate=OLD_SIGNING),
    encryption=Half(
        private=OLD_OPENER.private, public=OLD_OPENER.point, certificate=OLD_ENCRYPTION
    ),
)
SAMPLE = 4
"""Kills of each step in a usual run, half of them before the call and half after it."""


class Killed(BaseException):
    """Nobody catches a kill."""


class Mortal:
    """The functions of a library, as long as their process lives."""

    def __init__(self, real) -> None:
        self.real = real
        self.calls = 0
        self.dies_at: int | None = None
        self.is_after = False

    def __getitem__(self, name):
        return functools.partial(self.call, name)

    def call(self, name, *arguments):
        self.calls += 1
        if self.dies_at is not None and self.calls >= self.dies_at:
            if self.calls == self.dies_at and self.is_after:
                self.real[name](*arguments)
            raise Killed(name)
        return self.real[name](*arguments)


class World:
    """A token with an old pair, a journal, and the steps over the driver."""

    def __init__(self, bench: SkfBench, journal: Journal, **limits: int) -> None:
        self.bench, self.journal = bench, journal
        total = {"total_bytes": limits.pop("total_bytes")} if "total_bytes" in limits else {}
        self.desk = SkfDesk(bench, (application(copy.deepcopy(OLD), **limits),), facts=total)
        library = self.desk.module.library
        self.functions = library.functions = Mortal(library.functions)
        signing, encryption = self.desk.pair
        self.renewal = renewal_of(journal, signing.key, encryption.key)
        self.start = bench.on_disk()

    def put_back(self, state: TokenState) -> None:
        """Have the token as it was."""
        self.bench.pull()
        save_state(self.bench.folder / "key.json", state)
        self.bench.plug()

    def step(self, step, renewal: Renewal, dies_at=None, *, is_after=False):
        """Do one step in a session of its own; None where it was killed."""
        with self.desk.logged_in() as token:

            class Session:
                async def call(self, request):
                    return getattr(token, str(request.__struct_config__.tag))(request)

            self.functions.calls, self.functions.dies_at = 0, dies_at
            self.functions.is_after = is_after
            context = context_of(self.journal)
            context.save_after_pin = lambda _before, after: after
            try:
                return asyncio.run(step(context, renewal, Session()))
            except Killed:
                return None
            finally:
                self.functions.dies_at = None

    def containers(self) -> list[Container]:
        return self.bench.on_disk().applications[0].containers


@pytest.fixture(scope="module")
def bench():
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        bench = SkfBench(Path(folder))
        os.environ["ODC_SKF_SOCKET"] = bench.server.address
        yield bench
        del os.environ["ODC_SKF_SOCKET"]
        bench.close()


@pytest.fixture
def world(bench, tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield World(bench, journal)
    bench.pull()


def points(calls: int, *, are_all: bool) -> list[tuple[int, bool]]:
    """Return at which calls to kill, and whether after them; some of the calls, or all of them."""
    every = [(at, is_after) for at in range(1, calls + 1) for is_after in (False, True)]
    chance = random.Random(os.environ.get("ODC_CHAOS_SEED", "1"))
    return every if are_all else sorted(chance.sample(every, SAMPLE))


def check_signing(world: World, after: Renewal) -> None:
    old, new = world.containers()
    request = read_request(after.private.request)
    assert old == OLD
    assert new.name == NEW.hex()
    assert request.is_signed()
    assert request.key() == PublicKey.from_point(new.signing.public)
    assert after.private.recipient == request.key().der


def check_installed(world: World, before: Half, installed: Renewal) -> None:
    old, new = world.containers()
    assert installed.state is State.INSTALLED
    assert old == OLD
    assert (new.signing.private, new.signing.public) == (before.private, before.public)
    assert new.signing.certificate == installed.private.new_certificate
    assert Sm2PrivateKey.of(int.from_bytes(new.encryption.private, "big")) == MADE
    assert new.encryption.certificate == installed.private.new_encryption_certificate
    assert not world.desk.is_open()


def kill_first_pin(world: World, *, are_all: bool) -> None:
    check_signing(world, world.step(sign_submission, world.renewal))
    for at, is_after in points(world.functions.calls, are_all=are_all):
        world.put_back(world.start)
        world.step(sign_submission, world.renewal, at, is_after=is_after)
        check_signing(world, world.step(sign_submission, world.renewal))


def kill_second_pin(world: World, *, are_all: bool) -> None:
    submitted = world.step(sign_submission, world.renewal)
    key = server_key_for(PublicKey.read(submitted.private.recipient))
    context = context_of(world.journal, key)
    installing = asyncio.run(issue(context, released(world.journal, submitted)))
    ready, half = world.bench.on_disk(), world.containers()[1].signing
    check_installed(world, half, world.step(install, installing))
    for at, is_after in points(world.functions.calls, are_all=are_all):
        world.put_back(ready)
        world.step(install, installing, at, is_after=is_after)
        check_installed(world, half, world.step(install, installing))


def test_some_kills_of_the_first_pin(world):
    kill_first_pin(world, are_all=False)


def test_some_kills_of_the_second_pin(world):
    kill_second_pin(world, are_all=False)


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kill", [kill_first_pin, kill_second_pin])
def test_a_kill_at_every_call(world, kill):
    kill(world, are_all=True)


@pytest.mark.parametrize("limits", [{"most_containers": 1}, {"total_bytes": 2048}])
def test_a_token_without_room_is_found_with_the_first_pin(bench, tmp_path, vault, limits):
    """REACH_MAX_CONTAINER_COUNT and NO_ROOM, before anything is submitted."""
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        world = World(bench, journal, **limits)
        with pytest.raises(TokenFullError):
            world.step(sign_submission, world.renewal)
        assert world.containers() == [OLD]
    bench.pull()
