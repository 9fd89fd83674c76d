"""What the environment check says of Windows itself, in Windows' own names."""

from __future__ import annotations

import pytest

from agent.checks.probes.fonts import look_for_fonts
from agent.checks.probes.smart_cards import look_at_smart_cards
from agent.checks.verdicts.desktop import judge_fonts
from agent.checks.verdicts.smart_cards import Service, judge_smart_cards
from agent.ground.language import Language

pytestmark = pytest.mark.windows


def test_a_font_with_chinese_characters_is_found_by_its_name():
    fonts = look_for_fonts()
    assert fonts.families
    assert not any(name.startswith("@") or name.endswith(".ttc") for name in fonts.families)
    [found] = judge_fonts(fonts)
    assert fonts.families[0] in found.said.text(Language.EN)


def test_the_smart_card_service_is_told_with_a_reason_and_no_daemon_of_linux():
    facts = look_at_smart_cards(has_token=False)
    assert facts.system == "win32"
    [found] = judge_smart_cards(facts)
    words = f"{found.said.text(Language.EN)} {found.advice and found.advice.text(Language.EN)}"
    assert "None" not in words
    assert "pcscd" not in words
    assert facts.service is Service.RUNS or facts.reason
