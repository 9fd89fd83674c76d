"""The table and the calendar of all certificates, read by others' readers. Needs libreoffice-calc-nogui."""

from __future__ import annotations

import csv
import datetime as dt
import io
import subprocess

import icalendar
import msgspec
import pytest
from actors import pair, put_away, token, tokens
from hypothesis import given
from hypothesis import strategies as st

from agent.api.exports.calendar import as_calendar, folded
from agent.api.exports.table import as_csv, harmless_cell
from agent.certificates.model import CertificateUse
from agent.ground.language import Language

NOW = dt.datetime(2025, 3, 7, 2, tzinfo=dt.UTC)
THRESHOLDS = (90, 30, 1, 0)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", '=cmd|" /C calc"!A0')


def listed(*plugged_in, remembered=()):
    return msgspec.to_builtins(tokens(*plugged_in, remembered=remembered))


def agency(count: int = 60):
    """Return what an agency with many tokens has: one plugged in, the others in its drawers."""
    held = [
        token(
            *pair(organisation=f"深圳市样例{n}号有限公司", days=400 - 17 * n, number=n),
            label=f"ODC-{n:02d}",
            number=n,
        )
        for n in range(1, count + 1)
    ]
    return listed(held[0], remembered=[put_away(one) for one in held[1:]])


def table(answer, language=Language.ZH):
    text = as_csv(answer, language)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def calendar(answer, thresholds=THRESHOLDS, language=Language.ZH):
    text = as_calendar(answer, thresholds, NOW, language)
    read = icalendar.Calendar.from_ical(text)
    assert not read.errors
    assert all(not part.errors for part in read.walk())
    return read


def test_each_certificate_is_a_row_and_what_ends_first_is_first():
    heads, *rows = table(agency())
    assert heads[0] == "单位"
    assert len(rows) == 120
    ends = [row[heads.index("到期时间")] for row in rows]
    assert ends == sorted(ends)
    assert {row[heads.index("已插入")] for row in rows} == {"是", "否"}
    seen = {row[heads.index("最后一次见于")] for row in rows}
    assert seen == {"", "2024-03-08"}


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_text(text):
    [_, *rows] = table(listed(token(*pair(organisation=text), label=text)))
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
        assert f"'{text}" in row
    assert harmless_cell("深圳=1") == "深圳=1"


def test_a_spreadsheet_opens_the_table_without_a_question(tmp_path):
    file = tmp_path / "tokens.csv"
    answer = listed(token(*pair(organisation="=1+1")))
    file.write_bytes(as_csv(answer, Language.ZH).encode())
    command = [
        "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
        "--infilter=CSV:44,34,76",  # as its dialogue proposes for UTF-8 with its mark; a command has none
        "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", tmp_path / "out", file,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "tokens.csv").open(encoding="utf-8-sig", newline="") as opened:
        heads, *rows = csv.reader(opened)
    assert heads[:3] == ["单位", "统一社会信用代码", "证书类型"]
    assert [row[0] for row in rows] == ["'=1+1", "'=1+1"]
    assert rows[0][heads.index("统一社会信用代码")] == "91440300MA5DA0000F"
    assert rows[0][heads.index("电子钥匙序列号")].lstrip("0") == "1"


def test_each_pair_is_an_event_on_its_last_day_with_its_alarms():
    read = calendar(agency())
    events = read.walk("VEVENT")
    assert len(events) == 60
    [first] = [e for e in events if "样例1号" in str(e["SUMMARY"])]
    assert first.decoded("DTSTART") == dt.date(2026, 3, 25)
    assert str(first["DESCRIPTION"]) == "电子钥匙“ODC-01”,000000000001"
    starts = [alarm.decoded("TRIGGER") for alarm in first.walk("VALARM")]
    days = [dt.timedelta(hours=9) - dt.timedelta(days=n) for n in sorted(THRESHOLDS)]
    assert starts == days
    assert {str(alarm["ACTION"]) for alarm in first.walk("VALARM")} == {"DISPLAY"}


def test_a_pair_is_the_same_event_again_and_after_its_renewal():
    def event(answer):
        [found] = calendar(answer).walk("VEVENT")
        return found

    old = event(listed(token(*pair(days=10), label="before")))
    again = event(listed(remembered=[put_away(token(*pair(days=10), label="after"))]))
    renewed = event(listed(token(*pair(days=375, number=9))))
    assert old["UID"] == again["UID"] == renewed["UID"]
    assert old["SEQUENCE"] == again["SEQUENCE"] < renewed["SEQUENCE"]
    assert renewed.decoded("DTSTART") - old.decoded("DTSTART") == dt.timedelta(days=365)


def test_two_pairs_of_one_organisation_are_two_events():
    answer = listed(token(*pair(days=10), number=1), token(*pair(days=20, number=2), number=2))
    uids = {str(event["UID"]) for event in calendar(answer).walk("VEVENT")}
    assert len(uids) == 2


def test_what_is_done_with_in_a_drawer_is_in_no_calendar():
    for done in ({"renewed_by": "ab" * 32}, {"is_silenced": True}):
        answer = listed(remembered=[put_away(token(*pair(**done)))])
        assert calendar(answer).walk("VEVENT") == []


def test_an_end_that_never_comes_is_a_day_too():
    end = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    signing = pair(not_after=end)[0]
    [event] = calendar(listed(token(signing))).walk("VEVENT")
    assert event.decoded("DTSTART") == dt.date(9999, 12, 31)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_any_name_is_read_as_it_was_written(text):
    signing = msgspec.structs.replace(pair()[0], organisation=text, use=CertificateUse.SIGNING)
    named = token(signing, label=text)
    [event] = calendar(listed(named), language=Language.EN).walk("VEVENT")
    if text:
        assert str(event["SUMMARY"]) == f"The digital certificate of {text} ends"
    assert str(event["DESCRIPTION"]) == f"Token “{text}”, 000000000001"
    for line in as_calendar(listed(named), (90,), NOW, Language.ZH).encode().split(b"\r\n"):
        assert len(line) <= 75


def test_a_long_line_is_folded_between_characters():
    line = "SUMMARY:" + "证" * 60
    pieces = folded(line).split("\r\n ")
    assert "".join(pieces) == line
    assert all(len(piece.encode()) <= 74 for piece in pieces[1:])
