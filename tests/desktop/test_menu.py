from __future__ import annotations

import msgspec
import pytest
from tray_agent import EXPIRED_PAIR, ORGANISATION, certificate, status, token, token_list

from agent.api.views import ProblemView, TokenList
from agent.certificates.model import CertificateUse
from agent.desktop.menu import tray_content
from agent.language import Language

NO_RENEWALS = {"renewals": []}


def content(tokens, language=Language.ZH, renewals=NO_RENEWALS):
    """What the tray makes of answers as they arrive: as JSON."""
    plain = msgspec.to_builtins([status(tokens), tokens])
    return tray_content(*plain, renewals, language)


def test_each_certificate_of_the_pair_is_a_line_with_its_days():
    assert content(EXPIRED_PAIR).lines == (
        f"签名证书-{ORGANISATION}  已过期961天",
        f"加密证书-{ORGANISATION}  已过期961天",
    )


def test_the_tooltip_names_the_worst():
    assert content(EXPIRED_PAIR).tooltip == "证照管家: 已过期961天"


def test_without_a_token_the_menu_says_so():
    assert content(token_list()).lines == ("未插入电子钥匙。",)
    assert content(token_list()).tooltip == "证照管家"
    assert content(token_list(), Language.EN).lines == ("No token is plugged in.",)


def test_a_renewed_certificate_is_not_listed_beside_its_successor():
    before = msgspec.structs.replace(certificate(days=-961), is_current=False)
    renewed = token(before, certificate(days=364, text="剩余364天"))
    assert content(token_list(renewed)).lines == (f"签名证书-{ORGANISATION}  剩余364天",)


def test_ca_certificates_are_not_listed():
    with_ca = token(certificate(CertificateUse.OTHER), certificate(), label="ODC")
    assert len(content(token_list(with_ca)).lines) == 1


def test_several_tokens_are_told_apart_by_their_names():
    tokens = token_list(token(certificate(), label="甲"), token(certificate(), label="乙"))
    assert [line for line in content(tokens).lines if "证书" not in line] == ["甲", "乙"]


def test_an_empty_token_is_named():
    assert content(token_list(token(label="空"))).lines == ("空",)


def test_a_certificate_without_an_organisation_shows_its_subject():
    view = msgspec.structs.replace(certificate(), organisation="")
    assert content(token_list(token(view))).lines[0].startswith("签名证书-CN=")


@pytest.mark.parametrize(("state", "shown"), [("reviewing", True), ("installed", False)])
def test_renewals_under_way_are_listed(state, shown):
    renewals = {"renewals": [{"state": state, "organisation": "甲", "text": "审核中"}]}
    assert ("甲: 审核中" in content(EXPIRED_PAIR, renewals=renewals).lines) is shown


def test_problems_are_told_in_the_language_of_the_menu():
    problem = ProblemView(module="m", code="c", message="broken", message_zh="坏了")
    tokens = TokenList(tokens=(), problems=(problem,))
    assert content(tokens).lines[-1] == "坏了"
    assert content(tokens, Language.EN).lines[-1] == "broken"
