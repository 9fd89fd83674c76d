"""What `odc-agent certs` prints of a token: from the agent's answer to lines on a terminal."""

from __future__ import annotations

import msgspec
import pytest
from certificate_maker import ENCRYPTION, USCC, china, ec_key, make_certificate, name, utf8_string
from der_maker import make, named

from agent.api.known import Known
from agent.api.views.tokens import token_view
from agent.certificates.chain import TrustStore
from agent.certificates.model import Certificate
from agent.certificates.parsing import parse_certificate
from agent.cli.ground.output import say
from agent.cli.tokens.certificates import columns, padded, token_lines
from agent.ground.language import Language
from agent.tokens.model import PinState, TokenFacts, TokenReference
from agent.tokens.snapshot import HeldCertificate, Token

NOW = china("2025-03-07 12:00:00")
OLD = {"not_before": china("2021-07-01 00:00:00"), "not_after": china("2022-07-20 23:59:59")}
NEW = {"not_before": china("2024-07-01 00:00:00"), "not_after": china("2025-07-20 23:59:59")}
NEXT = {"not_before": china("2025-07-21 00:00:00"), "not_after": china("2026-07-20 23:59:59")}
CA = make_certificate(
    not_before=china("2020-01-01 00:00:00"),
    not_after=china("2040-01-01 00:00:00"),
    subject=name(organisation="Test Authority"),
    key=ec_key("issuer"),
    is_ca=True,
    usage=frozenset({"key_cert_sign"}),
)


def answer(*certificates: Certificate, known: Known | None = None, label: str = "测试KEY") -> dict:
    """Return what the agent tells of a token with these certificates."""
    facts = TokenFacts(
        slot=0, label=label, serial="a1b2", model="SoftHSM v2", manufacturer="SoftHSM",
        pin_state=PinState.OK, login_required=True, protected_authentication_path=False,
    )  # fmt: skip
    token = Token(
        reference=TokenReference(module="/m.so", serial="a1b2", label=label),
        facts=facts,
        certificates=tuple(
            HeldCertificate(certificate=c, key=bytes([i]), label="", has_private_key=None)
            for i, c in enumerate(certificates)
        ),
        problems=(),
    )
    view = token_view(token, NOW, Language.ZH, known or Known(trust=TrustStore([CA])))
    return msgspec.to_builtins(view)


def lines(token: dict, language: Language = Language.ZH, *, has_all: bool = False) -> list[str]:
    return list(token_lines(token, language, has_all=has_all))


PAIR = [
    make_certificate(**NEW, extensions={"1.2.156.10260.4.1.4": utf8_string(USCC)}),
    make_certificate(**NEW, usage=ENCRYPTION),
]
RENEWED = make_certificate(**OLD)


def test_a_pair_stands_under_its_organisation():
    shown = lines(answer(*PAIR))
    assert shown == [
        "测试KEY  (SoftHSM v2, a1b2)",
        f"  深圳市样例有限公司  {USCC}",
        "    签名证书  还有135天到期         2024-07-01 – 2025-07-20  EC secp256r1",
        f"      {PAIR[0].thumbprint}",
        "    加密证书  还有135天到期         2024-07-01 – 2025-07-20  EC secp256r1",
        f"      {PAIR[1].thumbprint}",
    ]


def test_organisations_are_told_apart():
    other = make_certificate(**NEW, subject=name(organisation="广州市另一公司"))
    shown = lines(answer(PAIR[0], other, PAIR[1]))
    assert [line for line in shown if line.startswith("  ") and line[2] != " "] == [
        f"  深圳市样例有限公司  {USCC}",
        "  广州市另一公司",
    ]


def test_what_was_renewed_is_counted_and_shown_only_when_asked_for():
    token = answer(RENEWED, *PAIR, CA)
    assert RENEWED.thumbprint not in str(lines(token))
    assert lines(token)[-1] == "  另有 2 张证书: odc-agent certs --all"
    assert lines(token, Language.EN)[-1] == "  2 more certificates: odc-agent certs --all"
    everything = lines(token, has_all=True)
    assert any("已更新" in line and "2022-07-20" in line for line in everything)
    assert [line for line in everything if CA.thumbprint in line]
    assert not any("--all" in line for line in everything)


def test_a_successor_is_told_when_it_begins():
    token = answer(*PAIR, make_certificate(**NEXT))
    assert any("2025-07-21" in line for line in lines(token, has_all=True))
    signing, encryption, coming = token["certificates"]
    assert signing["renewed_by"] == coming["thumbprint"]
    assert (encryption["renewed_by"], coming["is_current"], coming["pair"]) == (None, False, 1)


def test_whether_the_issuer_is_trusted_is_told_with_all():
    assert not any("机构签发" in line for line in lines(answer(*PAIR)))
    shown = lines(answer(*PAIR), has_all=True)
    assert "      由受信任的机构签发: O=Test Authority,C=CN" in shown


def test_a_wrong_signature_is_always_told():
    forged = make_certificate(**NEW, issuer_key=ec_key("forger"))
    assert "      颁发者的签名不正确: O=Test Authority,C=CN" in lines(answer(forged))


def test_without_a_trust_store_nothing_is_said_of_chains():
    token = answer(*PAIR, known=Known())
    assert token["certificates"][0]["chain"] is None
    assert lines(token, has_all=True)


def test_damage_is_told_and_does_nothing_to_the_terminal():
    odd = parse_certificate(make(subject=named("\x1b[2J\u202e公司".encode())))
    shown = lines(answer(odd, label="\x1b[2Jlabel"))
    assert not any(character < " " for line in shown for character in line)
    assert "\u202e" not in str(shown)
    assert any("证书有损坏: 名称中含有不可见字符" in line for line in shown)


def test_a_long_name_is_cut():
    long = parse_certificate(make(subject=named("长".encode() * 1000)))
    assert all(columns(line) <= 110 for line in lines(answer(long), has_all=False))


@pytest.mark.parametrize("language", Language)
def test_columns_are_aligned_in_both_languages(language):
    token = answer(*PAIR, RENEWED, make_certificate(**OLD, usage=ENCRYPTION))
    rows = [line for line in lines(token, language, has_all=True) if " – " in line]
    assert len(rows) == 4
    assert len({columns(row[: row.index(" – ")]) for row in rows}) == 1


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("证书", 4), ("证a", 3), ("e\u0301", 1), ("（", 2)]
)
def test_a_chinese_character_takes_two_columns(text, width):
    assert columns(text) == width
    assert columns(padded(text, 10)) == 10


def put_away(**said) -> dict:
    """Return what the agent tells of a token in its drawer, of whose certificate this is said."""
    token = answer(make_certificate(**OLD))
    [certificate] = token["certificates"]
    certificate |= said
    return token | {"present": False, "text": "未插入,最后一次见于2024-03-08"}


def test_a_token_in_its_drawer_says_so_and_since_when():
    assert lines(put_away())[0] == "测试KEY  (SoftHSM v2, a1b2)  未插入,最后一次见于2024-03-08"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"renewed_by": "ab" * 32}, "已更新"),
        ({"maybe_renewed_by": "ab" * 32}, "已由新证书替换?可在主窗口中确认。"),
        ({"is_silenced": True}, "今后不再提醒此证书。可在设置中恢复。"),
    ],
)
def test_what_is_known_of_its_end_is_said(said, words):
    assert any(words in line for line in lines(put_away(**said)))


def test_what_is_dim_is_so_on_a_terminal_alone(monkeypatch, capsys):
    say("text", is_dim=True)
    assert capsys.readouterr().out == "text\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    say("te\x1bxt", is_dim=True)
    assert capsys.readouterr().out.startswith("\x1b[2mte")
    monkeypatch.setenv("NO_COLOR", "1")
    say("text", is_dim=True)
    assert capsys.readouterr().out == "text\n"


def as_sm2(certificate: Certificate) -> Certificate:
    return msgspec.structs.replace(certificate, algorithm="SM2")


def test_an_sm2_key_seen_through_pkcs11_is_said_to_be_renewed_through_skf():
    sm2 = answer(*map(as_sm2, PAIR))
    said = [line for line in lines(sm2) if "SKF" in line]
    assert len(said) == 1, "of the signing certificate"
    assert "不能通过 PKCS#11 更新" in said[0]
    assert "SKF" not in "".join(lines(answer(*PAIR)))
    for certificate in sm2["certificates"]:
        certificate["container"] = "SM2"  # it is seen through SKF
    assert "SKF" not in "".join(lines(sm2))
