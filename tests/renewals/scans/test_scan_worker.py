"""Files that mean harm: they cost one short-lived process, and an answer comes all the same."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import LIMITS, chunk, noise, opened, pdf, png, saved, several
from PIL import Image

from agent.renewals.scans import process
from agent.renewals.scans.model import MAX_CONTENT, MAX_PIXELS, Fault, Inspect, Unusable
from agent.renewals.scans.reports import offer_conversion, report_scan
from agent.system.runtime import module_command

KINDS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PDF")
WHOLE = {kind: pdf() if kind == "PDF" else noise(kind) for kind in KINDS}


def fault(content: bytes) -> Fault | None:
    report = report_scan(content, LIMITS)
    return None if report.facts else report.faults[0]


@pytest.mark.parametrize("size", [(30_000, 30_000), (65_535, 65_535), (2**31 - 1, 2), (8001, 8000)])
def test_a_decompression_bomb_is_refused_before_it_explodes(size):
    assert size[0] * size[1] > MAX_PIXELS
    assert fault(png(*size, bytes(100))) is Fault.TOO_MANY_PIXELS


def test_a_bomb_that_tells_a_small_size_stays_small():
    pixels = bytes(200_000_000)
    content = png(10, 10, pixels)
    assert len(content) < 300_000
    assert fault(content) in {None, Fault.DAMAGED}


def test_text_that_explodes_is_refused():
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    assert fault(png(2, 2, bytes(6), more=text * 4)) is Fault.DAMAGED


def test_a_bomb_of_frames_ends_in_time_and_memory():
    frame = Image.new("P", (2000, 2000))
    content = saved(frame, "GIF", save_all=True, append_images=[frame] * 3)
    # The last frame, three thousand times more.
    start = content.rindex(b"\x21\xf9") if b"\x21\xf9" in content else content.rindex(b",")
    assert fault(content[:-1] + content[start:-1] * 3000 + b";") in {None, Fault.TOO_DEMANDING}


def test_a_webp_of_more_pixels_is_refused():
    content = saved(Image.new("RGB", (8100, 8000)), "WEBP", lossless=True, method=0)
    assert len(content) < 100_000
    assert fault(content) is Fault.TOO_MANY_PIXELS


def test_a_canvas_that_is_claimed_only_is_refused():
    content = bytearray(several("WEBP"))
    canvas = content.index(b"VP8X") + 12
    content[canvas : canvas + 6] = (16383).to_bytes(3, "little") * 2
    assert fault(bytes(content)) in {Fault.TOO_MANY_PIXELS, Fault.TOO_DEMANDING, Fault.DAMAGED}


def test_an_a4_page_at_600_dpi_is_no_bomb():
    assert fault(noise("PNG", (4961, 7016), mode="1", compress_level=0)) is None


def test_the_largest_picture_in_colour_can_be_looked_at_and_converted():
    content = saved(Image.new("RGBA", (8000, 8000), (200, 0, 0, 128)), "PNG", compress_level=1)
    assert fault(content) is None
    assert offer_conversion(content, LIMITS).after.width == 3508


@pytest.mark.parametrize("outer", ["PNG", "JPEG", "GIF", "BMP"])
def test_of_a_file_that_is_two_things_only_the_picture_is_left(outer):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.txt", "something else")
    content = WHOLE[outer] + b"<script>alert(1)</script>%PDF-1.7\n" + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(content))
    converted = offer_conversion(content, LIMITS).content
    assert not zipfile.is_zipfile(io.BytesIO(converted))
    assert b"script" not in converted
    assert opened(converted).format == "JPEG"


def test_a_pdf_that_begins_as_something_else_is_still_a_pdf():
    assert report_scan(b"GIF" + bytes(50) + pdf(), LIMITS).facts.format == "PDF"


def test_a_pdf_with_a_password_is_named():
    # RC4, revision 2 (ISO 32000-1, 7.6): no known password opens this one.
    locked = b"""%%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj
3 0 obj<</Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>>>endobj
trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>
""" % (b"11" * 32, b"22" * 32)
    assert fault(locked) is Fault.LOCKED


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_file_is_a_picture_or_a_fault_and_nothing_else(data):
    kind = data.draw(st.sampled_from(KINDS))
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert fault(bytes(content)) in {None, *Fault}


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(KINDS), st.binary(max_size=300))
def test_any_bytes_after_a_signature_are_answered(kind, rest):
    assert fault(WHOLE[kind][:12] + rest) is not None


def test_a_file_larger_than_any_scan_is_not_even_handed_over():
    assert fault(bytes(MAX_CONTENT + 1)) is Fault.TOO_DEMANDING


PROBE = """
import sys, json
from agent.system.confinement import confine
from agent.renewals.scans.worker.__main__ import CPU_SECONDS, MEMORY
confine(memory=MEMORY, cpu_seconds=CPU_SECONDS)
{attempt}
"""


def confined(attempt: str) -> subprocess.CompletedProcess[str]:
    """Run a statement in a process that is limited as the worker is."""
    return subprocess.run(
        [sys.executable, "-P", "-c", PROBE.format(attempt=attempt)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("bytearray(2 * 1024 ** 3)", "MemoryError"),
        ("open('/etc/passwd')", "Operation not permitted"),
    ],
)
def test_the_worker_has_no_reach(attempt, error):
    done = confined(attempt)
    assert done.returncode != 0
    assert error in done.stderr


def test_a_worker_that_is_killed_or_lies_is_a_file_that_cannot_be_opened(monkeypatch, tmp_path):
    refused = (Unusable(fault=Fault.TOO_DEMANDING), b"")
    for script in ("kill -9 $$", "exit 0", "echo '{}'", "echo nonsense", "yes | head -c 1000"):
        program = tmp_path / "worker"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
        # More than a pipe holds, so that writing fails too.
        assert process.ask_worker(Inspect(), bytes(1_000_000)) == refused


def test_a_worker_that_never_answers_is_given_up(monkeypatch, tmp_path):
    program = tmp_path / "worker"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(process, "SECONDS", 0.3)
    assert process.ask_worker(Inspect(), b"")[0] == Unusable(fault=Fault.TOO_DEMANDING)


def test_a_flood_of_answers_is_cut_off(monkeypatch, tmp_path):
    program = tmp_path / "worker"
    program.write_text("#!/bin/sh\nexec yes\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    assert process.ask_worker(Inspect(), b"")[0] == Unusable(fault=Fault.TOO_DEMANDING)


def test_nothing_of_the_file_is_seen_on_the_way(tmp_path):
    """The worker gets the file by its pipe: no argument, no variable, no file on disk."""
    command = module_command("agent.renewals.scans.worker")
    done = subprocess.run(
        command,
        input=json.dumps({"type": "Inspect"}).encode() + b"\n" + WHOLE["PNG"],
        capture_output=True,
        cwd=tmp_path,
        check=True,
        timeout=100,
    )
    assert json.loads(done.stdout)["facts"]["format"] == "PNG"
    assert done.stderr == b""
    assert list(Path(tmp_path).iterdir()) == []
