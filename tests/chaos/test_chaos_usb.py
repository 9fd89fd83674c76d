"""Some troubles at some points of a renewal on a virtual card behind OpenSC: `make chaos`."""

from __future__ import annotations

import os

import pytest
from chaos_cases import find_cases, prepared
from chaos_points import sample_of
from chaos_usb import UsbDesks

from sandbox.usb_token import own_pcscd as pcsc

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("chaos-usb"),
    # A card is a process that stays when whoever plugged it in goes on.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

SIZE = 24


@pytest.fixture(scope="module")
def usb_desks():
    reason = pcsc.missing()
    if reason:
        pytest.skip(reason)
    with pcsc.own_pcscd(), prepared(UsbDesks) as made:
        yield made


@pytest.fixture(scope="module")
def usb_cases(usb_desks):
    return find_cases(usb_desks.desk)


@pytest.mark.parametrize("number", range(SIZE))
def test_a_renewal_on_a_card_survives(number, usb_cases, usb_desks, survives):
    seed = int(os.environ["ODC_CHAOS_SEED"])
    case = sample_of(usb_cases, seed, SIZE)[number]
    print(f"ODC_CHAOS_SEED={seed}: {case.id}")
    survives(usb_desks.desk, case)
