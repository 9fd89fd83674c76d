"""``odc-agent dossier``, ``applicant`` and ``letter`` as a person or a script uses them, without an agent."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys

import docx
import pypdfium2 as pdfium
import pytest
from invented_people import id_number
from pictures import exif, noise, opened, pdf

from sandbox.authority.dossier import write_sample_dossier

DONE, FAILED, USAGE, NEEDED = 0, 1, 2, 4
APPLICANT = {"id_number": id_number(), "name": "欧阳样例", "address": "深圳市样例路1号"}
USCC = "91440300000000000E"


@pytest.fixture
def odc_agent(tmp_path):
    """Runs one command in a home of its own, to its end."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments, stdin=b"", language="en"):
        done = subprocess.run(
            [sys.executable, "-m", "agent.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=100,
            env={**os.environ, "ODC_HOME": str(home), "ODC_LANGUAGE": language},
            check=False,
        )
        assert b"Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    write_sample_dossier(folder)
    return folder


def test_a_complete_dossier_is_said_to_be_so(odc_agent, papers):
    done = odc_agent("dossier", "check", papers, language="zh_CN")
    assert done.returncode == DONE
    assert "资料符合要求。" in done.stdout.decode()


def test_everything_that_is_wrong_is_named_by_field_and_document(odc_agent, papers):
    (papers / "applicant.json").write_text(
        json.dumps({**APPLICANT, "id_number": "1", "phone": "1"})
    )
    (papers / "id_card_back.jpg").write_bytes(b"nothing")
    (papers / "organisation_certificate.png").unlink()
    (papers / "id_card_front.jpg").write_bytes(noise("JPEG", exif=exif(orientation=6, place=1)))
    done = odc_agent("dossier", "check", papers, "--json")
    assert done.returncode == NEEDED
    answer = json.loads(done.stdout)
    assert not answer["is_complete"]
    assert [each["item"] for each in answer["findings"]] == [
        *("id_number", "phone", "organisation_certificate"),
    ]
    scans = {scan["item"]: scan for scan in answer["scans"]}
    assert [f["code"] for f in scans["id_card_back"]["faults"]] == ["not_an_image"]
    assert [f["code"] for f in scans["id_card_front"]["faults"]] == ["rotated"]
    assert scans["id_card_front"]["can_be_converted"]
    assert scans["id_card_front"]["facts"]["metadata"] == ["EXIF", "GPS"]
    text = odc_agent("dossier", "check", papers).stdout.decode()
    assert "! applicant's ID number: This is not the number of an ID card" in text
    assert "odc-agent dossier convert id_card_front.jpg OUT.jpg" in text
    assert "carries metadata (EXIF, GPS)" in text


def test_what_only_impairs_a_scan_does_not_stand_in_the_way(odc_agent, tmp_path):
    scan = tmp_path / "front.jpg"
    scan.write_bytes(noise("JPEG", exif=exif(orientation=6)))
    assert odc_agent("dossier", "check", scan).returncode == DONE


def test_a_scan_is_judged_by_its_content_whatever_it_is_called(odc_agent, papers):
    scan = papers / "id_card_back.jpg"
    scan.rename(papers / "id_card_back.pdf")
    assert odc_agent("dossier", "check", papers).returncode == DONE


def test_an_applicant_may_come_by_standard_input(odc_agent):
    right, wrong = json.dumps(APPLICANT).encode(), json.dumps({"name": "样例"}).encode()
    assert odc_agent("dossier", "check", "-", stdin=right).returncode == DONE
    assert odc_agent("dossier", "check", "-", stdin=wrong).returncode == NEEDED


@pytest.mark.parametrize(
    "content", [b"{", b'{"id_number": 7}', b'{"pin": "123456"}', b"\xff", b"[]"]
)
def test_what_is_no_applicants_file_is_a_failure_that_does_not_repeat_it(odc_agent, content):
    done = odc_agent("dossier", "check", "-", stdin=content)
    assert done.returncode == FAILED
    assert b"123456" not in done.stderr + done.stdout


def test_two_files_for_one_document_are_not_chosen_from(odc_agent, papers):
    (papers / "id_card_back.png").write_bytes(noise("PNG"))
    done = odc_agent("dossier", "check", papers)
    assert done.returncode == FAILED
    assert b"only one file for each document" in done.stderr


@pytest.mark.parametrize("path", ["gone.jpg", "gone.json"])
def test_a_file_that_is_not_there_is_a_failure(odc_agent, tmp_path, path):
    assert odc_agent("dossier", "check", tmp_path / path).returncode == FAILED


def test_a_conversion_is_shown_and_not_written_unless_it_is_wanted(odc_agent, tmp_path):
    source, target = tmp_path / "scan.bmp", tmp_path / "scan.jpg"
    source.write_bytes(noise("BMP", (900, 600)))
    done = odc_agent("dossier", "convert", source, target)
    assert done.returncode == NEEDED
    assert b"before: BMP, 900 \xc3\x97 600 pixels, 1583 KB" in done.stdout
    assert not target.exists()
    assert odc_agent("dossier", "convert", source, target, "--yes").returncode == DONE
    assert opened(target.read_bytes()).format == "JPEG"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    again = odc_agent("dossier", "convert", source, target, "--yes")
    assert again.returncode == FAILED
    assert b"exists already" in again.stderr


@pytest.mark.parametrize(("answer", "is_written"), [("y", True), ("", False), ("n", False)])
def test_a_person_is_asked(tmp_path, answer, is_written):
    source, target = tmp_path / "scans.pdf", tmp_path / "back.jpg"
    source.write_bytes(pdf(2))
    person, terminal = pty.openpty()
    os.write(person, f"{answer}\n".encode())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "agent.cli", "dossier", "convert", source, target),
            *("--page", "2", "--json"),
        ],
        stdin=terminal,
        capture_output=True,
        timeout=100,
        check=False,
        env={**os.environ, "ODC_LANGUAGE": "en"},
    )
    os.close(person)
    os.close(terminal)
    assert json.loads(done.stdout)["changes"] == ["page_drawn"]
    assert b"Write it to back.jpg?" in done.stderr
    assert done.returncode == (DONE if is_written else NEEDED)
    assert target.exists() is is_written


def test_a_conversion_is_named_for_what_it_is(odc_agent, tmp_path):
    source = tmp_path / "scan.gif"
    source.write_bytes(noise("GIF"))
    done = odc_agent("dossier", "convert", source, tmp_path / "scan.gif2", "--yes")
    assert done.returncode == FAILED
    assert b"its name must end in .jpg" in done.stderr


def test_what_cannot_be_converted_is_said_with_an_advice(odc_agent, tmp_path):
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    done = odc_agent("dossier", "convert", source, tmp_path / "out.jpg", "--yes", language="zh_CN")
    assert done.returncode == FAILED
    assert done.stderr.decode().splitlines() == [
        "无法打开 HEIC 格式的图片。",
        "请在拍摄或扫描的设备上另存为JPG。",
    ]


def test_an_applicant_is_kept_shown_and_forgotten_by_choice(odc_agent, tmp_path):
    assert odc_agent("applicant", "show").returncode == FAILED
    assert odc_agent("applicant", "keep", "-", stdin=json.dumps(APPLICANT).encode()).returncode == 0
    shown = json.loads(odc_agent("applicant", "show").stdout)
    assert {name: shown[name] for name in APPLICANT} == APPLICANT
    sealed = tmp_path / "home/data/applicant.sealed"
    assert APPLICANT["id_number"].encode() not in sealed.read_bytes()
    assert odc_agent("applicant", "forget").returncode == DONE
    assert not sealed.exists()
    assert odc_agent("applicant", "forget").returncode == DONE


ASK = """
import json
from agent.cli.papers.applicant_questions import FIELD_NAMES, ask_applicant, find_kept
print(json.dumps(ask_applicant(FIELD_NAMES, kept=find_kept())))
"""


def asked(home, *lines: str) -> tuple[dict[str, str], str]:
    """Return what is made of the lines a person enters, and what was said meanwhile."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        env={**os.environ, "ODC_HOME": str(home), "ODC_LANGUAGE": "en"},
    )
    return json.loads(done.stdout), done.stderr


def test_a_field_is_checked_as_it_is_entered_and_asked_for_again(tmp_path):
    entered, said = asked(tmp_path, "1", id_number(), "样例", "深圳市样例路1号", "1380", "", "")
    assert entered["id_number"] == id_number()
    assert entered["phone"] == entered["email"] == ""
    assert said.count("applicant's ID number: ") == 2
    assert "A mobile number has 11 digits" in said


def test_what_is_kept_is_taken_up_with_enter(odc_agent, tmp_path):
    odc_agent("applicant", "keep", "-", stdin=json.dumps(APPLICANT).encode())
    entered, said = asked(tmp_path / "home", "", "另一样例", "", "", "")
    assert entered == {**APPLICANT, "name": "另一样例", "phone": "", "email": ""}
    assert "applicant's name [欧阳样例]: " in said


def test_a_profile_that_cannot_be_read_keeps_nobody_from_answering(odc_agent, tmp_path):
    odc_agent("applicant", "keep", "-", stdin=json.dumps(APPLICANT).encode())
    (tmp_path / "home/data/applicant.sealed").write_bytes(b"damaged")
    entered, said = asked(tmp_path / "home", id_number(), "样例", "深圳市样例路1号", "", "")
    assert entered["name"] == "样例"
    assert "cannot be decrypted" in said


def test_an_applicant_with_a_wrong_number_is_not_kept(odc_agent, tmp_path):
    wrong = json.dumps({**APPLICANT, "id_number": "1"}).encode()
    done = odc_agent("applicant", "keep", "-", stdin=wrong)
    assert done.returncode == NEEDED
    assert b"id_number" in done.stderr
    assert not (tmp_path / "home/data/applicant.sealed").exists()


def test_a_letter_is_filled_in_from_file_and_options(odc_agent, tmp_path):
    applicant = tmp_path / "applicant.json"
    applicant.write_text(json.dumps(APPLICANT))
    out = tmp_path / "letter.pdf"
    done = odc_agent(
        *("letter", "export", "--out", out, "--applicant", applicant),
        *("--organisation", "深圳市样例有限公司", "--uscc", USCC.lower()),
    )
    assert done.returncode == DONE
    text = pdfium.PdfDocument(out.read_bytes())[0].get_textpage().get_text_range()
    for fact in ("深圳市样例有限公司", USCC, "欧阳样例", id_number()):
        assert fact in text
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_letter_takes_the_applicant_that_is_kept(odc_agent, tmp_path):
    odc_agent("applicant", "keep", "-", stdin=json.dumps(APPLICANT).encode())
    out = tmp_path / "letter.docx"
    assert odc_agent("letter", "export", "--out", out, "--kept-applicant").returncode == DONE
    table = docx.Document(io.BytesIO(out.read_bytes())).tables[0]
    assert [row.cells[1].text for row in table.rows] == ["", "", "欧阳样例", id_number()]


@pytest.mark.parametrize(
    "options",
    [
        ("--uscc", "914403000000000001"),
        ("--organisation", "a\nb"),
        ("--organisation", "样" * 201),
        ("--applicant", "gone.json"),
        ("--kept-applicant",),
    ],
)
def test_a_letter_is_not_filled_in_with_what_is_wrong(odc_agent, tmp_path, options):
    out = tmp_path / "letter.docx"
    assert odc_agent("letter", "export", "--out", out, *options).returncode == FAILED
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("dossier",),
        ("dossier", "check"),
        ("letter", "export"),
        ("letter", "export", "--out", "a.pdf", "--thumbprint", "a", "--organisation", "b"),
    ],
)
def test_wrong_usage_is_told(odc_agent, arguments):
    assert odc_agent(*arguments).returncode == USAGE


@pytest.mark.parametrize(
    "command", ["dossier check", "dossier convert", "applicant keep", "letter export"]
)
def test_help_shows_examples(odc_agent, command):
    assert f"odc-agent {command} ".encode() in odc_agent(*command.split(), "--help").stdout
