"""``odc-agent sign`` and ``verify``, as a script or a person at a terminal meets them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import pytest

from sandbox.desk.desk import Holder

pytestmark = pytest.mark.timeout(90)

PIN, ORGANISATION = Holder().pin, Holder().organisation
NAMES = ["合同 一.docx", "b.xml"]


@pytest.fixture
def desk(lonely_desk):
    """A token whose certificates are still valid; no authority is asked."""
    shutil.rmtree(lonely_desk.token_configuration.parent)
    lonely_desk.issue_token("--valid-days", "100")
    lonely_desk.start_agent("--no-tray")
    return lonely_desk


@pytest.fixture
def files(tmp_path):
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(b"%PDF-1.7\n" * (number + 1))
    return [tmp_path / name for name in NAMES]


def test_a_script_signs_and_verifies(desk, odc_agent, files):
    done = odc_agent("sign", *files, "--pin-stdin", "--json", stdin=f"{PIN}\n")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["organisation"] == ORGANISATION
    for document, file in zip(answer["documents"], files, strict=True):
        assert (document["file"], document["error"]) == (str(file), None)
        assert document["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert document["sha256"] in done.stderr, "said before the PIN"
    verified = odc_agent("verify", files[0], "--json")
    told = json.loads(verified.stdout)
    assert (told["organisation"], told["doubts"]) == (ORGANISATION, []), (
        "the sandbox is trusted here"
    )
    assert verified.returncode == 0
    by_openssl = subprocess.run(
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER",
         "-CAfile", desk.folder / "sandbox" / "ca.pem", "-purpose", "any",
         "-in", f"{files[1]}.p7s", "-content", files[1]],
        capture_output=True, check=False,
    )  # fmt: skip
    assert by_openssl.stdout == files[1].read_bytes(), by_openssl.stderr

    again = odc_agent("sign", files[0], "--pin-stdin", stdin=f"{PIN}\n")
    assert (again.returncode, again.stdout) == (1, "")
    assert f"{NAMES[0]}.p7s" in again.stderr
    files[0].write_bytes(b"changed")
    wrong = odc_agent("verify", files[0])
    assert wrong.returncode == 1
    assert "签名" in wrong.stderr


def test_a_person_mistypes_and_signs(desk, terminal, files):
    shown = terminal("sign", str(files[1]))
    shown.wait_for(ORGANISATION)
    shown.wait_for("用于签名")
    shown.type("000000")
    shown.wait_for("用于签名")
    shown.type(PIN)
    assert shown.end() == 0
    assert f"{NAMES[1]}.p7s" in shown.shown
    verified = terminal("verify", str(files[1]))
    assert verified.end() == 0
    assert ORGANISATION in verified.shown
