"""Take the screenshots of docs/screenshots: ``python tests/windows/screenshots.py [NAME…]``.

Whoever changes a window takes them anew and looks at them. Each window is shown in both languages and
both themes, its other states once. The windows are the real ones; their agent is the stage's. With
``--scale 2 --folder FOLDER`` they are taken as on a screen of twice the pixels, to be looked at only; so are
those that Windows' Python takes: ``tests/wine/run --zh python tests/windows/screenshots.py --folder …``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
sys.path.insert(0, str(Path(__file__).parents[2]))

from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget
from scene import Scene
from scenes import SCENES
from stage import Stage

from agent.ground.language import Language
from agent.windows.link import Link
from agent.windows.process import open_window
from agent.windows.style import application
from agent.windows.window import Context
from agent.windows.words import Words

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
THEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


_DRAWN_COLOURS = 4000
"""A window without photographs has fewer."""


def main() -> None:
    """Take all of them, or those whose names begin as one given."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the windows.")
    parser.add_argument("names", nargs="*", help="what their names begin with; all without")
    parser.add_argument(
        "--scale", type=int, default=1, help="pixels of the screen for each of ours"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    size = f"{1280 * options.scale}x{720 * options.scale}"
    options.folder.mkdir(parents=True, exist_ok=True)
    with _screen(size) as variables:
        os.environ.update(variables, QT_SCALE_FACTOR=str(options.scale))
        _take_all(application(sys.argv[:1]), tuple(options.names), options.folder)


@contextlib.contextmanager
def _screen(size: str) -> Iterator[Mapping[str, str]]:
    """Give a screen of its own and what leads there; under Wine there is one."""
    if sys.platform == "win32":
        yield {}
        return
    from display import desktop  # noqa: PLC0415 - of Linux alone

    with desktop(panel=False, notifications="", size=size) as screen:
        yield screen.environment


def _take_all(app: QApplication, names: tuple[str, ...], folder: Path) -> None:
    for name, scene in SCENES.items():
        if not names or name.startswith(names):
            for language, theme in _looks(scene):
                app.styleHints().setColorScheme(THEMES[theme])
                file = folder / f"{name}-{'zh' if language is Language.ZH else 'en'}-{theme}.png"
                take(app, scene, language, file)
                print(file.name, file.stat().st_size)


def take(app: QApplication, scene: Scene, language: Language, file: Path) -> None:
    """Show a scene and save what it looks like."""
    stage = Stage(**scene.answers(language))
    link = Link(stage.connect())
    window = open_window(scene.window, Context(link, Words(language)), scene.subject)
    if scene.size:
        window.resize(*scene.size)
    window.show()
    _settle(app, lambda: scene.is_ready(window))
    scene.prepare(window)
    _settle(app, lambda: True)
    _save(scene.part(window), file)
    link.close()
    window.close()
    window.deleteLater()
    # Kept, they were dressed again at each change of looks: the last scenes took a minute each.
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    stage.close()


def _looks(scene: Scene) -> list[tuple[Language, str]]:
    if scene.in_all_looks:
        return [(language, theme) for language in Language for theme in THEMES]
    return [(Language.ZH, "light")]


def _settle(app: QApplication, is_ready: object) -> None:
    deadline = time.monotonic() + 10
    rounds = 0
    while rounds < 8 and time.monotonic() < deadline:
        app.processEvents()
        time.sleep(0.02)
        rounds = rounds + 1 if is_ready() else 0
    assert rounds, "the scene did not become ready"


def _save(window: QWidget, file: Path) -> None:
    window.grab().save(str(file))
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    # The few pixels of a red sign keep their colour, unlike by the median cut; photographs take too long so.
    is_drawn = picture.getcolors(_DRAWN_COLOURS) is not None
    method = Image.Quantize.MAXCOVERAGE if is_drawn else Image.Quantize.MEDIANCUT
    # Once by k-means: what most of a window has, its ground above all, is exactly that in all pictures.
    few = picture.quantize(method=method, kmeans=1, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    main()
