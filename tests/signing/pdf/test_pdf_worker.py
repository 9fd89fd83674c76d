"""The process that takes PDFs apart: it reaches nothing, and is believed as far as can be checked."""

from __future__ import annotations

import datetime as dt
import subprocess
import time
from pathlib import Path

import msgspec
import pytest
from pdf_documents import plain

from agent.ground.errors import OdcError
from agent.signing.pdf import process
from agent.signing.pdf.errors import PdfTooDemandingError
from agent.signing.pdf.model import Measured, PdfFault, Prepare, Prepared, Refused
from agent.system.runtime import module_command

WISH = Prepare(name="Who", moment=dt.datetime(2026, 11, 30, tzinfo=dt.UTC), reserved=100)
PDF = plain(1)


def test_it_is_confined_before_it_reads_a_byte():
    with subprocess.Popen(
        module_command("agent.signing.pdf.worker"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        status = Path(f"/proc/{worker.pid}/status")
        deadline = time.monotonic() + 90
        while "Seccomp:\t2" not in status.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        said = status.read_text()
        worker.kill()
    assert "Seccomp:\t2" in said
    assert "NoNewPrivs:\t1" in said


def added(start: int = 40, end: int = 60, hole: bytes = b"<" + b"0" * 18 + b">", more: bytes = b""):
    """What a worker might say comes after the PDF, with a hole."""
    before, size = len(PDF), 160 + len(more)
    ranges = b"/ByteRange [0 %d %d %d]" % (before + start, before + end, size - end)
    head = ranges.ljust(start)
    return (head + hole + more).ljust(size)


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        (Prepared(start=len(PDF) + 40, end=len(PDF) + 61), added()),
        (Prepared(start=len(PDF) + 39, end=len(PDF) + 60), added()),
        (Prepared(start=10, end=30), added()),
        (Prepared(start=len(PDF) + 40, end=len(PDF) + 600), added()),
        (Prepared(start=len(PDF) + 60, end=len(PDF) + 40), added()),
        (Prepared(start=len(PDF) + 40, end=len(PDF) + 60), added(hole=b"<" + b"0" * 17 + b"1>")),
        (Prepared(start=len(PDF) + 40, end=len(PDF) + 60), added(more=b"/ByteRange [0 1 2 3]")),
        (Prepared(start=len(PDF) + 40, end=len(PDF) + 60), b""),
        (Measured(pages=1, width=1, height=1), b""),
    ],
)
def test_a_worker_somebody_seized_is_not_believed(monkeypatch, reply, content):
    answer = msgspec.json.encode(reply) + b"\n" + content
    monkeypatch.setattr(process, "ask", lambda *_args, **_more: answer)
    with pytest.raises(PdfTooDemandingError):
        process.prepare("a.pdf", PDF, WISH)


def test_what_is_believed(monkeypatch):
    right = Prepared(start=len(PDF) + 40, end=len(PDF) + 60)
    answer = msgspec.json.encode(right) + b"\n" + added()
    monkeypatch.setattr(process, "ask", lambda *_args, **_more: answer)
    assert process.prepare("a.pdf", PDF, WISH) == (right, added())


@pytest.mark.parametrize("answer", [b"", b"\n", b"{", b"null\n", b'{"type":"other"}\n'])
def test_a_worker_that_died_or_says_nothing_sensible(monkeypatch, answer):
    monkeypatch.setattr(process, "ask", lambda *_args, **_more: answer)
    for asked in (
        lambda: process.prepare("a.pdf", PDF, WISH),
        lambda: process.read("a.pdf", PDF),
        lambda: process.measure("a.pdf", PDF, 1),
    ):
        with pytest.raises(PdfTooDemandingError):
            asked()


@pytest.mark.parametrize("fault", PdfFault)
def test_each_fault_is_a_sentence(monkeypatch, fault):
    answer = msgspec.json.encode(Refused(fault=fault)) + b"\n"
    monkeypatch.setattr(process, "ask", lambda *_args, **_more: answer)
    with pytest.raises(OdcError) as caught:
        process.read("合同.pdf", PDF)
    assert str(caught.value)
    assert caught.value.report().advice
