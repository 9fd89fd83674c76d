"""The sandbox is killed at any moment: what it said yes to is kept, and nothing is half."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import threading
import time

import httpx
from sandbox_desk import SCANS, HttpRenewal, certify, enrolled_certificate, running_desk


def test_a_killed_sandbox_goes_on_where_it_was(home, rsa_keys):
    holder = certify(home, rsa_keys[0])
    with running_desk(home.folder, "--approve-after", "0") as desk:
        port = int(desk.url.rpartition(":")[2])
        renewal = HttpRenewal(desk, holder, rsa_keys[1])
        renewal.apply().raise_for_status()
        renewal.send_scan("id_card_front").raise_for_status()
        desk.process.send_signal(signal.SIGKILL)
        renewal.http.close()

    with running_desk(home.folder, "--approve-after", "0", port=port) as desk:
        renewal.http = httpx.Client(base_url=desk.url, verify=desk.tls())
        missing = renewal.call("GET").json()["missing_documents"]
        assert missing == [name for name in SCANS if name != "id_card_front"]
        renewal.send_scans()
        renewal.call("POST", "/complete").raise_for_status()
        renewal.wait_for("approved")
        renewal.release()
        first = enrolled_certificate(renewal.enrol())
        desk.process.send_signal(signal.SIGKILL)
        renewal.http.close()

    with running_desk(home.folder, port=port) as desk:
        renewal.http = httpx.Client(base_url=desk.url, verify=desk.tls())
        with renewal.http:
            assert enrolled_certificate(renewal.enrol()) == first
            assert renewal.call("POST", "/installed").json()["state"] == "installed"


def test_nothing_it_confirmed_is_lost_by_a_kill_amid_many_calls(home, rsa_keys):
    holders = [certify(home, rsa_keys[0]) for _ in range(4)]
    confirmed: list[tuple[str, str]] = []
    with running_desk(home.folder) as desk:
        threads = [
            threading.Thread(target=_submit_scans, args=(desk, holder, rsa_keys[1], confirmed))
            for holder in holders
        ]
        for thread in threads:
            thread.start()
        while not confirmed:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.15))
        desk.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()

    with contextlib.closing(sqlite3.connect(home.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        kept = set(database.execute("SELECT application, sha256 FROM documents"))
        assert set(confirmed) <= kept
        versionless = (
            "SELECT id FROM applications WHERE id NOT IN (SELECT application FROM versions)"
        )
        assert database.execute(versionless).fetchall() == []


def _submit_scans(desk, holder, key, confirmed) -> None:
    renewal = HttpRenewal(desk, holder, key)
    hashes = {name: digest.sha256 for name, digest in renewal.manifest().documents.items()}
    # The kill breaks whatever call is under way.
    with renewal.http, contextlib.suppress(httpx.TransportError):
        renewal.apply().raise_for_status()
        for name in SCANS:
            renewal.send_scan(name).raise_for_status()
            confirmed.append((renewal.application, hashes[name]))
