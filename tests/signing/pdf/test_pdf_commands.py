"""``odc-agent sign`` and ``verify`` of a PDF, with a real agent and a real software token."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pdf_documents import filled_in_after, pdfsig, plain

from sandbox.desk.desk import Desk, Holder


@pytest.fixture(scope="module")
def desk():
    """A real agent with a token whose certificates are valid; no authority runs."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as running:
            running.start_authority()
            running.issue_token("--valid-days", "100")
            running.end(running.processes.pop())
            running.configure_agent("https://127.0.0.1:9")
            running.start_agent("--no-tray")
            yield running


def run(desk, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "agent.cli", *arguments],
        env=desk.environment, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_pdf_is_signed_verified_and_told_to_be_changed(desk, tmp_path):
    file = tmp_path / "合同.pdf"
    file.write_bytes(plain())
    done = run(desk, "sign", str(file), "--pin-stdin", "--json", stdin=f"{Holder().pin}\n")
    assert done.returncode == 0, done.stderr
    [document] = json.loads(done.stdout)["documents"]
    made = tmp_path / "合同-signed.pdf"
    assert (document["signature"], document["level"]) == (str(made), "b-b")
    assert "Signature is Valid." in pdfsig(made)

    verified = run(desk, "verify", str(made))
    assert verified.returncode == 0, verified.stdout
    assert "第 1 个签名有效。" in verified.stdout
    assert "签名覆盖整个文件。" in verified.stdout
    assert "PAdES B-B" in verified.stdout

    made.write_bytes(filled_in_after(made.read_bytes()))
    changed = run(desk, "verify", str(made), "--json")
    assert changed.returncode == 1
    [signature] = json.loads(changed.stdout)["signatures"]
    assert (signature["is_intact"], signature["since"]) == (False, "changed")


def test_what_is_wrong_is_said_with_an_exit_code(desk, tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(plain())
    assert run(desk, "verify", str(file)).returncode == 1
    wanted = run(
        desk, "sign", str(file), "--level", "b-t", "--pin-stdin", stdin=f"{Holder().pin}\n"
    )
    assert wanted.returncode != 0
    assert "时间戳" in wanted.stderr
    beside = run(desk, "sign", str(file), "--p7s", "--pin-stdin", stdin=f"{Holder().pin}\n")
    assert beside.returncode == 0, beside.stderr
    assert (tmp_path / "a.pdf.p7s").exists()
    assert run(desk, "verify", str(file)).returncode == 0
