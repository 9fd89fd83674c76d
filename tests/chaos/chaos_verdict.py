"""What must be true once a renewal is through, whatever has happened on its way."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from chaos_desk import ChaosDesk
from chaos_person import PIN, Person, secrets_of
from cryptography import x509

from agent.keys.certified import key_of
from agent.keys.public_key import PublicKey
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, may_follow
from agent.renewals.journal.vault import open_vault
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token.state import Half, TokenState

BEFORE = 2
"""Certificates with their keys on a token that was issued: one to sign, one to encrypt."""
AFTER = 2 * BEFORE


def check(desk: ChaosDesk, person: Person, seen: dict[str, Any]) -> None:
    """Assert that the renewal is done, once, and has left nothing behind; the agent has ended."""
    assert seen["state"] == "installed", (seen["error"], person.story())
    check_authority(desk, seen)
    renewal, leftovers = check_journal(desk)
    check_token(desk, renewal, leftovers)
    check_tries(desk, person)
    check_files(desk)
    check_mistakes(desk)
    check_told(person)


def check_authority(desk: ChaosDesk, seen: dict[str, Any]) -> None:
    """One application, installed, and one certificate of each kind more than before."""
    with closing(sqlite3.connect(desk.authority.database)) as database:
        if desk.authority.profile != "ra":
            check_confirmed(database, seen)
            return
        found = database.execute("SELECT id, state, issued_sha256 FROM applications").fetchall()
        (issued,) = database.execute("SELECT count(*) FROM certificates").fetchone()
    assert found == [(seen["id"], "installed", seen["new_thumbprint"])]
    assert issued == AFTER


def check_confirmed(database: sqlite3.Connection, seen: dict[str, Any]) -> None:
    """The one certificate that counts is the new one; what else was issued nobody confirmed."""
    found = database.execute(
        "SELECT certificate_sha256, revoked_at FROM cmp_transactions"
        " JOIN certificates ON sha256 = certificate_sha256 WHERE is_confirmed"
    ).fetchall()
    assert found == [(seen["new_thumbprint"], None)]


def check_journal(desk: ChaosDesk) -> tuple[Renewal, set[str]]:
    """One renewal, whose states followed each other, and nothing personal left in it."""
    data = desk.home / "data"
    with closing(Journal(data / "renewals.sqlite", open_vault(data / "vault.key"))) as journal:
        [renewal] = journal.all()
        history = journal.history(renewal.id)
        leftovers = {left.key_id.hex() for left in journal.leftovers(renewal.token)}
    assert renewal.state is State.INSTALLED
    assert renewal.private.secret == ""
    assert not renewal.private.documents
    states = [state for _, state, _ in history]
    for before, after in pairwise(states):
        assert before is after or may_follow(before, after), states
    return renewal, leftovers


def check_token(desk: ChaosDesk, renewal: Renewal, leftovers: set[str]) -> None:
    """The old pair and the new one; every certificate with its key, every key with its certificate."""
    if desk.is_pulled:
        desk.plug()
    on_token = objects_of(desk)
    certified = sorted(c["id"] for c in on_token["certificates"])
    # By CMP the signing half of the pair alone is renewed.
    assert len(certified) == (AFTER if desk.authority.profile == "ra" else BEFORE + 1), on_token
    assert all(c["has_key"] for c in on_token["certificates"]), on_token
    assert sorted(set(on_token["private"]) - leftovers) == certified, on_token
    assert sorted(set(on_token["public"]) - leftovers) == certified, on_token
    assert len(on_token["private"]) == len(set(on_token["private"])), on_token
    assert not leftovers & set(certified)
    new = {c["sha256"] for c in on_token["certificates"] if c["id"] == renewal.new_key_id.hex()}
    assert new == {renewal.new_thumbprint}
    if desk.token.skf is not None:
        kept = desk.token.skf.on_disk().applications[0].containers
        assert kept[: len(desk.containers)] == desk.containers, "the old container was touched"


def check_tries(desk: ChaosDesk, person: Person) -> None:
    """A PIN that was entered once was tried once at most."""
    assert 1 < desk.logins() <= person.pins_entered, person.story()
    if desk.token.skf is not None:
        assert not desk.token.skf.report().open_logins, "a PIN still allows something"


def check_files(desk: ChaosDesk) -> None:
    """No scan is left, and no secret stands in any log."""
    dossiers = desk.home / "data" / "dossiers"
    assert not dossiers.exists() or not list(dossiers.iterdir())
    secrets = secrets_of(desk.authority.desk.dossier, desk.authority.desk.home.outbox)
    words = "|".join(re.escape(secret) for secret in secrets)
    for log in [*(desk.home / "logs").iterdir(), desk.folder / "output"]:
        found = re.search(rf"(?<!\d)({words})(?!\d)", log.read_text("utf-8", "replace"))
        assert found is None, log.name


def check_mistakes(desk: ChaosDesk) -> None:
    """Nothing went wrong that the agent has no name for; of a full disk it logs where it was."""
    if desk.case is not None and desk.case.trouble == "disk full":
        return
    for log in (desk.home / "logs").iterdir():
        text = log.read_text("utf-8", "replace")
        assert not re.search(r" ERROR agent\.| ERROR asyncio Task", text), text


def check_told(person: Person) -> None:
    """Whatever went wrong was told by a name of its own: a person can do something about it."""
    assert "internal" not in person.errors, person.story()


def objects_of(desk: ChaosDesk) -> dict[str, Any]:
    """Ask the token's own module, past the agent and its workers, what is on the token."""
    if desk.token.skf is not None:
        return _containers_of(desk.token.skf.on_disk())
    environment = {**os.environ, **desk.token.environment}
    module = environment.get("FAULTY_FORWARD", str(desk.token.module))
    script = Path(__file__).with_name("token_objects.py")
    done = subprocess.run(
        [sys.executable, script, module],
        input=f"{PIN}\n",
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _containers_of(state: TokenState) -> dict[str, Any]:
    """Return the same of what is kept of an SKF token; a signing pair is called as its container."""
    [application] = state.applications
    halves = {
        container.name + suffix: half
        for container in application.containers
        for suffix, half in (("", container.signing), ("/encryption", container.encryption))
    }
    return {
        "private": [name for name, half in halves.items() if half.private],
        "public": [name for name, half in halves.items() if half.public],
        "certificates": [
            {
                "id": name,
                "sha256": hashlib.sha256(half.certificate).hexdigest(),
                "has_key": _is_whole(half),
            }
            for name, half in halves.items()
            if half.certificate
        ],
    }


def _is_whole(half: Half) -> bool:
    key = Sm2PrivateKey.of(int.from_bytes(half.private, "big"))
    certified = key_of(x509.load_der_x509_certificate(half.certificate))
    return certified == key.public == PublicKey.from_point(half.public)
