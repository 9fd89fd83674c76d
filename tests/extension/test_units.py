"""The JavaScript unit tests, with node's own runner, and the extension's side of the wire."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import wire

from browser_ext.build import PAGE, SOURCE
from browser_ext.classic import classic_script

HERE = Path(__file__).parent
ORIGIN = {"origin": "https://www.sz.gov.cn"}
PAGE_METHODS = (
    "browser.status", "browser.certificates", "browser.certificate",
    "browser.renew", "browser.renewal", "browser.login",
    "browser.piece", "browser.sign", "browser.result", "browser.encrypt", "browser.decrypt",
    "browser.sign_text", "browser.sign_hash", "browser.signing_certificate",
)  # fmt: skip
UUID = "00000000-0000-4000-8000-000000000001"
NAMES = (
    "use", "min_days", "thumbprint", "id", "nonce", "upload", "piece", "items", "detached", "result", "at",
    "certificates", "hash", "origin", "x",
)  # fmt: skip
VALUES = (
    "signing", "encryption", "Signing", "", "a" * 64, "A" * 64, "a" * 63, "a" * 64 + "\n", UUID,
    UUID.upper(), UUID + "\n", "A" * 44, "A" * 42 + "==", "+/" * 64, "A" * 43, "A" * 129, "A" * 41 + "===",
    "0" * 32, [{"text": "合同"}], [{"text": "x" * 8001}], [{"text": "x", "hash": "y"}], [{}], [None],
    [{"name": "a.pdf", "upload": "0" * 32, "size": 0}], [{"name": "a.pdf", "upload": "0" * 32}],
    ["AA=="], ["AA"], ["AA=="] * 17, [{"text": ""}] * 32, [{"text": ""}] * 33,
    "-" * 44, "A" * 44 + "\n", "A" * 43 + "=", "A" * 86 + "==",
    0, 30, -36500, 36500, 36501, 1.5, True, [], {}, ["signing"],
)  # fmt: skip


@pytest.fixture(scope="module")
def node():
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    return program


def test_the_javascript_unit_tests_pass(node):
    files = sorted(HERE.glob("*.test.mjs"))
    done = subprocess.run(
        [node, "--test", *files], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert files


@pytest.mark.parametrize("source", [PAGE / "odc.js", SOURCE / "content.js"])
def test_page_and_content_script_speak_the_version_the_schema_says(source):
    """A page keeps the library it was written with: another version is another number for both."""
    (version,) = re.findall(r"^ *const PROTOCOL = (\d+);$", source.read_text("utf-8"), re.MULTILINE)
    message = {"odc": int(version), "kind": "ping", "id": "a"}
    assert wire.is_valid("pageMessage", message)
    assert not wire.is_valid("pageMessage", {**message, "odc": int(version) + 1})


def test_what_the_extension_lets_through_is_what_the_schema_and_so_the_agent_takes(node):
    chance = random.Random(7)
    cases = [
        (
            method,
            dict(chance.choices([(n, v) for n in NAMES for v in VALUES], k=chance.randint(0, 3))),
        )
        for method in PAGE_METHODS
        for _ in range(500)
    ]
    done = subprocess.run(
        [node, HERE / "params.mjs"],
        input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    passed = 0
    for (method, given), made in zip(cases, json.loads(done.stdout), strict=True):
        if made is not None:
            passed += 1
            wire.check(f"params:{method}", {**made, **ORIGIN})
        own = {name: value for name, value in given.items() if name not in {"origin", "x"}}
        if wire.is_valid(f"params:{method}", {**own, **ORIGIN}):
            assert made == own, "what the agent takes is not kept from it"
    assert passed > 100


@pytest.mark.parametrize(
    ("name", "module", "some"),
    [
        ("odc", "odc.js", {"OdcError", "certificate", "certificates", "login", "renewal", "sign", "status"}),
        ("webeid", "odc-webeid.js", {"Action", "ErrorCode", "authenticate", "config", "status", "sign"}),
        ("sof", "odc-sof.js", {"SOF_GetUserList", "SOF_GetLastError", "SOR", "SGD"}),
    ],
)  # fmt: skip
def test_a_classic_script_offers_what_its_module_exports(node, name, module, some):
    script = classic_script(name, module, read_page)
    around = (
        "globalThis.window = globalThis; globalThis.addEventListener = () => {};"
        "globalThis.location = { origin: 'https://a' }; globalThis.postMessage = () => {};"
    )
    said = f"console.log(JSON.stringify(Object.keys(window.{name}).sort()))"
    done = subprocess.run(
        [node, "-e", f"{around}{script}{said}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    offered = set(json.loads(done.stdout))
    exported = re.findall(r"^export (?:async )?\w+ (\w+)", read_page(module), re.MULTILINE)
    assert offered == set(exported)
    assert some <= offered


@pytest.mark.parametrize(
    "text",
    [
        "export default 1;\n",
        "export { a };\nexport const b = 1;\n",
        "import 'a';\nexport const a = 1;\n",
    ],
)
def test_what_a_classic_script_cannot_be_made_of_is_refused(text):
    with pytest.raises(ValueError, match="not known"):
        classic_script("a", "a.js", lambda _name: text)


def read_page(name):
    return (PAGE / name).read_text("utf-8")
