"""Chinese has the guide's marks everywhere, so that no window mixes two kinds."""

from __future__ import annotations

import pytest

from installer import translations

GUIDE = (
    "您的数字证书已过期961天,请及时更新数字证书!过期后将不能用于电子签名或登录,请尽快更新!",
    "营业执照更新发生异常! 接口发生异常!",
    "正在导入密钥对…  请输入密码  剩余密码重试次数: 10",
    "注:修改 PIN 码需持有原密码方可修改,若忘记密码,请备齐资料前往窗口现场办理解锁。",
    "单位证照复印件(加盖公章)",
    "附件需小于1024KB, 支持jpg, png, jpeg, gif, bmp格式.",
)


@pytest.mark.parametrize("text", GUIDE)
def test_the_guides_texts_have_these_marks(text):
    assert not translations.other_marks(text)
    assert not translations.other_spaces(text)


@pytest.mark.parametrize("mark", "，：；！？（）")
def test_a_mark_of_full_width_is_refused(mark):
    assert translations.other_marks(f"无法保存{mark}请重试。") == [mark]


@pytest.mark.parametrize("text", ["无法保存:{reason}", "请运行:`odc-agent`", "({reason}):{file}"])
def test_a_value_stands_apart_from_its_colon(text):
    assert translations.other_spaces(text)
    assert not translations.other_spaces(text.replace(":", ": "))


@pytest.mark.parametrize(
    "text", ["无法保存: 磁盘已满", "已提交; 请等待", "驱动 (厂商)", "({host}) 正常"]
)
def test_no_space_stands_between_a_mark_and_chinese(text):
    assert translations.other_spaces(text)


def test_the_catalogue_and_what_is_shown_beside_it_keep_to_them():
    assert not list(translations.written_otherwise(translations.read()))


def test_the_check_finds_another_mark_in_the_catalogue(monkeypatch, tmp_path, capsys):
    file = tmp_path / "odc-agent.po"
    written = translations.CATALOGUE.read_text("utf-8")
    file.write_text(written.replace('msgstr "确定"', 'msgstr "确定！"'), encoding="utf-8")
    monkeypatch.setattr(translations, "CATALOGUE", file)
    assert translations.check() == 1
    assert "确定！" in capsys.readouterr().err
