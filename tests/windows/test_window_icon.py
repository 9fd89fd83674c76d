"""The icon in title bars: the seal of the tray, in every size, drawn without Pillow."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image, ImageChops, ImageStat
from PySide6.QtGui import QGuiApplication, QImage

from agent.certificates.days import CertificateStatus
from agent.desktop.icon import draw_icon
from agent.windows.seal import SIZES, seal_icon
from agent.windows.style import dress


def test_every_window_of_the_application_has_it(qapp):
    qapp.setWindowIcon(type(qapp.windowIcon())())
    dress(qapp)
    shown = QGuiApplication.windowIcon()
    assert {size.width() for size in shown.availableSizes()} == set(SIZES)


def on_white(image):
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_seal_of_the_tray(qapp, size):
    drawn = seal_icon().pixmap(size, size).toImage()
    drawn = drawn.convertToFormat(QImage.Format.Format_RGBA8888)
    ours = Image.frombytes("RGBA", (size, size), bytes(drawn.constBits()))
    trays = draw_icon(CertificateStatus.VALID, 0, size=size)
    difference = ImageChops.difference(*(on_white(each) for each in (ours, trays)))
    assert max(ImageStat.Stat(difference).mean) < 12


def test_a_window_does_not_load_pillow_for_it():
    script = "import sys, agent.windows.style; print('PIL' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
