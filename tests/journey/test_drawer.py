"""A renewal that begins while the token lies in its drawer. Needs softhsm2."""

from __future__ import annotations

import contextlib
import json

import pytest
from applicant import Applicant

from agent.api.client import CallError
from agent.cli.ground.outcome import Exit
from sandbox.desk.desk import Holder


@contextlib.contextmanager
def put_away(desk, client):
    """Have no token plugged in meanwhile; gives what plugs in one by its label."""
    tokens = desk.token_configuration.parent / "tokens"
    pulled = tokens.with_name("pulled")
    tokens.rename(pulled)
    tokens.mkdir()
    client.call("tokens.list", {"refresh": True})

    def plug_in(label: str) -> None:
        holds = (f for f in pulled.iterdir() if label.encode() in (f / "token.object").read_bytes())
        [folder] = holds
        folder.rename(tokens / folder.name)
        client.call("tokens.list", {"refresh": True})

    yield plug_in
    for token in pulled.iterdir():
        token.rename(tokens / token.name)
    pulled.rmdir()


def test_all_that_needs_no_token_is_done_before_it_is_fetched(desk, odc_agent):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()["thumbprint"]
        with put_away(desk, client):
            listed = json.loads(odc_agent("certs", "--json").stdout)
            assert [token["present"] for token in listed["remembered"]] == [False]
            assert "未插入,最后一次见于" in odc_agent("certs").stdout
            renewal = client.call("renewals.start", {"thumbprint": old})
            applicant.wait_for(renewal, "APPLICANT")
            applicant.submit_dossier(renewal)
            waiting = applicant.wait_for(renewal, "TOKEN")
            assert f"“{desk.issued['label']}”" in waiting["text"]
            with pytest.raises(CallError) as refused:
                client.call("renewals.pin", {"id": renewal["id"]})
            assert refused.value.code == "token_missing"
        applicant.wait_for(renewal, "PIN")  # it goes on by itself
        assert applicant.go_on(renewal)["state"] == "installed"
        with put_away(desk, client):
            status = client.call("agent.status")
            assert (status["remembered"], status["expired"]) == (1, 0)


def test_the_command_names_the_token_and_goes_on_once_it_is_there(desk, terminal):
    desk.issue_token("--organisation", "另一家有限公司", "--label", "OTHER", "--valid-days", "300")
    desk.start_agent("--no-tray")
    documents = ("--applicant", desk.dossier / "applicant.json", "--documents", desk.dossier)
    with desk.client() as client:
        Applicant(desk, client).signing_certificate()
        with put_away(desk, client) as plug_in:
            command = terminal("renew", *map(str, documents))
            command.wait_for(f"请插入电子钥匙“{desk.issued['label']}”")
            plug_in("OTHER")
            command.wait_for("这是另一家有限公司的电子钥匙。")
            plug_in(desk.issued["label"])
            command.wait_for("证书密码(用于签署申请)")


def test_a_script_is_told_that_the_token_is_what_is_needed(desk, odc_agent):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        Applicant(desk, client).signing_certificate()
        documents = ("--applicant", desk.dossier / "applicant.json", "--documents", desk.dossier)
        with put_away(desk, client):
            done = odc_agent(
                "renew", *documents, "--pin-stdin", "--no-wait", stdin=f"{Holder().pin}\n"
            )
            assert "请插入电子钥匙" in done.stdout
            assert done.returncode == Exit.TOKEN
