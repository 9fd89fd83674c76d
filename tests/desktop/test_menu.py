from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tray_agent import EXPIRED_PAIR, ORGANISATION, certificate, status, token, token_list

from agent.api.views.problems import ProblemView
from agent.api.views.remembered import RememberedTokenView
from agent.certificates.model import CertificateUse
from agent.desktop.menu import tray_content
from agent.ground.language import Language

NO_RENEWALS = {"renewals": []}


def content(tokens, language=Language.ZH, renewals=NO_RENEWALS, problems=()):
    """What the tray makes of answers as they arrive: as JSON."""
    told = msgspec.structs.replace(status(tokens), problems=problems)
    plain = msgspec.to_builtins([told, tokens])
    return tray_content(*plain, renewals, language)


def texts(*arguments, **options):
    return tuple(line.text for line in content(*arguments, **options).lines)


def test_each_certificate_of_the_pair_is_a_line_with_its_days():
    assert texts(EXPIRED_PAIR) == (
        f"签名证书-{ORGANISATION}  已过期961天",
        f"加密证书-{ORGANISATION}  已过期961天",
    )


def test_the_tooltip_names_the_worst():
    assert content(EXPIRED_PAIR).tooltip == "证照管家: 已过期961天"


def test_without_a_token_the_menu_says_so():
    assert texts(token_list()) == ("未插入电子钥匙。",)
    assert content(token_list()).tooltip == "证照管家"
    assert texts(token_list(), Language.EN) == ("No token is plugged in.",)


def test_a_renewed_certificate_is_not_listed_beside_its_successor():
    before = msgspec.structs.replace(certificate(days=-961), is_current=False)
    renewed = token(before, certificate(days=364, text="剩余364天"))
    assert texts(token_list(renewed)) == (f"签名证书-{ORGANISATION}  剩余364天",)


def test_ca_certificates_are_not_listed():
    with_ca = token(certificate(CertificateUse.OTHER), certificate(), label="ODC")
    assert len(texts(token_list(with_ca))) == 1


def test_several_tokens_are_told_apart_by_their_names():
    tokens = token_list(token(certificate(), label="甲"), token(certificate(), label="乙"))
    assert [line for line in texts(tokens) if "证书" not in line] == ["甲", "乙"]


def test_an_empty_token_is_named():
    assert texts(token_list(token(label="空"))) == ("空",)


def test_a_certificate_without_an_organisation_shows_its_subject():
    view = msgspec.structs.replace(certificate(), organisation="")
    assert texts(token_list(token(view)))[0].startswith("签名证书-CN=")


@pytest.mark.parametrize(("state", "shown"), [("reviewing", True), ("installed", False)])
def test_renewals_under_way_are_listed(state, shown):
    renewals = {"renewals": [{"state": state, "organisation": "甲", "text": "审核中",
                              "thumbprint": "ab"}]}  # fmt: skip
    assert ("甲: 审核中" in texts(EXPIRED_PAIR, renewals=renewals)) is shown


def test_a_renewal_under_way_opens_its_own_window():
    renewal = {"state": "reviewing", "organisation": "甲", "text": "审核中", "thumbprint": "ab"}
    line = content(EXPIRED_PAIR, renewals={"renewals": [renewal]}).lines[-1]
    assert (line.window, line.subject) == ("renew", "ab")


def test_problems_are_told_in_the_language_of_the_menu_and_lead_to_the_check():
    problem = ProblemView(module="m", code="c", message="broken", message_zh="坏了")
    line = content(token_list(), problems=(problem,) * 9).lines[-1]
    assert (line.text, line.window) == ("坏了", "check")
    assert texts(token_list(), Language.EN, problems=(problem,))[-1] == "broken"
    assert len(content(token_list(), problems=(problem,) * 9).lines) == 4


def test_everything_a_person_may_want_is_one_click_away():
    actions = content(EXPIRED_PAIR).actions
    assert [(line.text, line.window) for line in actions] == [
        ("打开证照管家", "main"),
        ("证照更新", "renew"),
        ("修改PIN码", "pin"),
        ("环境检测", "check"),
        ("设置", "settings"),
    ]


def test_of_sixty_tokens_those_that_end_first_are_listed_and_the_rest_are_counted():
    many = [token(certificate(days=n, text=f"剩余{n}天"), label=f"K{n}") for n in range(60, 0, -1)]
    lines = content(token_list(*many)).lines
    assert [line.text for line in lines if line.text.startswith("K")] == [
        f"K{n}" for n in range(1, 7)
    ]
    assert (lines[-1].text, lines[-1].window) == ("另有 54 个电子钥匙…", "main")


def test_a_name_of_two_hundred_characters_keeps_its_beginning_and_end():
    view = certificate(organisation="深" * 100 + "圳" * 100)
    [line] = texts(token_list(token(view)))
    assert len(line) < 60
    assert "深…圳" in line


def put_away(view, **said):
    """Return what the agent tells of a token in its drawer, of whose certificates this is said."""
    held = tuple(msgspec.structs.replace(c, **said) for c in view.certificates)
    return RememberedTokenView(
        label=view.label, serial="1", model="", manufacturer="", module="", text="",
        last_seen=dt.datetime(2024, 3, 8, tzinfo=dt.UTC), certificates=held,
    )  # fmt: skip


def test_a_token_in_its_drawer_is_named_and_said_to_be_there():
    drawer = put_away(token(certificate(), label="财务"))
    assert texts(msgspec.structs.replace(token_list(), remembered=(drawer,))) == (
        "未插入电子钥匙。",
        "财务(未插入)",
        f"签名证书-{ORGANISATION}  已过期961天",
    )


@pytest.mark.parametrize("said", [{"renewed_by": "ab" * 32}, {"is_silenced": True}])
def test_what_is_done_with_in_a_drawer_is_in_no_menu(said):
    drawer = put_away(token(certificate(), label="财务"), **said)
    assert texts(msgspec.structs.replace(token_list(), remembered=(drawer,))) == (
        "未插入电子钥匙。",
    )
