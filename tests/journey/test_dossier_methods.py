"""A dossier filled in piece by piece over the local API, as a window does it."""

from __future__ import annotations

import base64
import io
import json

import pytest
from applicant import Applicant
from PIL import Image

from agent.api.client import CallError

NAMES = ("organisation_certificate", "id_card_front", "id_card_back", "authorisation_letter")


@pytest.fixture
def person(desk):
    desk.agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        yield Applicant(desk, client)


@pytest.fixture
def renewal(person):
    return person.wait_for(person.start(), "APPLICANT")


def call(person, method, renewal, **params):
    return person.client.call(f"dossiers.{method}", {"id": renewal["id"], **params})


def scan_of(view, name):
    return next(scan for scan in view["scans"] if scan["name"] == name)


def file_of(desk, name):
    return str(next(f for f in desk.dossier.iterdir() if f.stem == name))


def fields(desk):
    return json.loads((desk.dossier / "applicant.json").read_text("utf-8"))


def size_of(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture))).size


def fill_in(desk, person, renewal):
    call(person, "write", renewal, applicant=fields(desk))
    for name in NAMES:
        call(person, "choose", renewal, name=name, path=file_of(desk, name))


def test_a_dossier_left_by_a_killed_agent_is_taken_up_again_and_submitted(desk, person, renewal):
    fill_in(desk, person, renewal)
    desk.agent.kill()
    desk.agent.wait()
    on_disk = b"".join(f.read_bytes() for f in desk.folder.rglob("data/**/*") if f.is_file())
    assert fields(desk)["id_number"].encode() not in on_disk
    desk.start_agent("--no-tray")
    with desk.client() as client:
        again = Applicant(desk, client)
        view = call(again, "get", renewal)
        assert view["applicant"] == fields(desk)
        assert {scan["name"] for scan in view["scans"]} == set(NAMES)
        assert size_of(scan_of(view, "id_card_front")["thumbnail"]) == (240, 151)
        assert call(again, "submit", renewal)["state"] == "signing"
        installed = again.go_on(again.get(renewal))
        assert installed["state"] == "installed"
    assert not list((desk.folder / "data" / "dossiers").rglob("*.sealed"))


def test_a_file_that_is_no_picture_is_refused_by_name_and_the_one_before_stays(
    desk, person, renewal, tmp_path
):
    call(person, "choose", renewal, name="id_card_front", path=file_of(desk, "id_card_front"))
    other = tmp_path / "scan.jpg"
    other.write_text("no picture")
    with pytest.raises(CallError) as refused:
        call(person, "choose", renewal, name="id_card_front", path=str(other))
    assert refused.value.code == "scan_not_an_image"
    assert scan_of(call(person, "get", renewal), "id_card_front")["file"] == "id_card_front.jpg"


def test_a_conversion_is_shown_before_it_is_used_and_can_be_taken_back(
    desk, person, renewal, tmp_path
):
    large = tmp_path / "licence.bmp"
    Image.effect_noise((900, 1200), 40).convert("RGB").save(large)
    name = "organisation_certificate"
    chosen = scan_of(call(person, "choose", renewal, name=name, path=str(large)), name)
    assert (chosen["is_taken"], [f["code"] for f in chosen["faults"]]) == (False, ["too_large"])
    offered = call(person, "convert", renewal, name=name, turns=1)
    assert size_of(offered["before"]) == (900, 1200)
    assert size_of(offered["after"]) == (1200, 900)
    assert not scan_of(call(person, "get", renewal), name)["is_converted"]
    used = scan_of(call(person, "use", renewal, name=name, is_converted=True), name)
    assert (used["is_taken"], used["is_converted"]) == (True, True)
    assert size_of(call(person, "picture", renewal, name=name)["content"]) == (1200, 900)
    back = scan_of(call(person, "use", renewal, name=name, is_converted=False), name)
    assert (back["is_taken"], back["is_converted"]) == (False, False)
    assert not call(person, "remove", renewal, name=name)["scans"]
    with pytest.raises(CallError) as refused:
        call(person, "picture", renewal, name=name)
    assert refused.value.code == "scan_not_chosen"


def test_what_a_clipboard_held_is_taken_without_a_file(desk, person, renewal):
    content = base64.b64encode((desk.dossier / "id_card_back.jpg").read_bytes()).decode()
    view = call(person, "choose", renewal, name="id_card_back", content=content, file="clipboard")
    assert scan_of(view, "id_card_back")["file"] == "clipboard"


def test_the_letter_has_organisation_and_applicant_filled_in(desk, person, renewal):
    call(person, "write", renewal, applicant=fields(desk))
    pdf = call(person, "letter", renewal, format="pdf")
    docx = call(person, "letter", renewal, format="docx")
    assert (pdf["file"], docx["file"]) == ("法人授权书.pdf", "法人授权书.docx")
    assert base64.b64decode(pdf["content"]).startswith(b"%PDF-")
    import docx as word  # noqa: PLC0415

    document = word.Document(io.BytesIO(base64.b64decode(docx["content"])))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {"深圳市样例有限公司", fields(desk)["name"], fields(desk)["id_number"]} <= set(cells)


def test_an_incomplete_dossier_names_what_is_missing_and_the_draft_stays(desk, person, renewal):
    call(person, "write", renewal, applicant={**fields(desk), "name": "1"})
    with pytest.raises(CallError) as refused:
        call(person, "submit", renewal)
    assert {item["item"] for item in refused.value.report["items"]} == {"name", *NAMES}
    assert call(person, "get", renewal)["applicant"]["name"] == "1"


def test_the_applicant_is_kept_by_choice_and_fills_the_next_dossier_in(desk, person, renewal):
    assert person.client.call("applicant.get")["applicant"] is None
    person.client.call("applicant.keep", {"applicant": fields(desk)})
    assert person.client.call("applicant.get")["applicant"] == fields(desk)
    view = call(person, "get", renewal)
    assert (view["applicant"], view["is_applicant_kept"]) == (fields(desk), True)
    person.client.call("applicant.forget")
    assert person.client.call("applicant.get")["applicant"] is None


def test_a_cancelled_renewal_leaves_nothing_of_its_dossier(desk, person, renewal):
    fill_in(desk, person, renewal)
    person.client.call("renewals.cancel", {"id": renewal["id"]})
    assert not list((desk.folder / "data" / "dossiers").rglob("*.sealed"))
    with pytest.raises(CallError) as refused:
        call(person, "write", renewal, applicant={"name": "样例"})
    assert refused.value.code == "wrong_state"
