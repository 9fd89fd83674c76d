from __future__ import annotations

import pytest
from scenes import SCENES

from agent.ground.language import Language

SMALL = (640, 330)
"""1280 × 720 at 200 %, without the window's frame."""


@pytest.mark.parametrize("language", list(Language), ids=["zh", "en"])
@pytest.mark.parametrize("name", [name for name in SCENES if not name.startswith("renew")])
def test_every_window_fits_a_small_screen_at_200_percent(stage, window_of, qtbot, name, language):
    scene = SCENES[name]
    stage.answer(**scene.answers(language))
    window = window_of(scene.window, stage, scene.subject, language)
    qtbot.waitUntil(lambda: scene.is_ready(window), timeout=20_000)
    scene.prepare(window)
    assert "no method" not in window.banner.text, (
        "the scene's agent has an answer to all it is asked"
    )
    needed = window.minimumSizeHint()
    assert (needed.width(), needed.height()) <= SMALL
    assert needed.height() <= SMALL[1]
    window.resize(*SMALL)
    assert (window.width(), window.height()) == SMALL
