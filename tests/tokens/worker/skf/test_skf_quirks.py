"""In what libraries differ: our table, and what the configuration says."""

from __future__ import annotations

import msgspec
import pytest

from agent.tokens.model import ModuleSettings, Quirks
from agent.tokens.worker.skf.quirks import quirks_of

HAITAI = "/windows/System32/skfapi20538.DLL"


def test_the_table_knows_a_library_by_its_files_name_whatever_its_case():
    assert quirks_of(HAITAI, Quirks()) == Quirks(waits_by_value=True)
    assert quirks_of("/usr/lib/libother.so", Quirks()) == Quirks()


def test_what_the_configuration_says_counts_more_and_leaves_the_rest():
    said = Quirks(tells_events=True, longest_pin=8)
    assert quirks_of(HAITAI, said) == msgspec.structs.replace(said, waits_by_value=True)
    assert quirks_of(HAITAI, Quirks(waits_by_value=False)) == Quirks(waits_by_value=False)
    assert quirks_of(HAITAI, Quirks(ulong_bytes=8)) == Quirks(waits_by_value=True, ulong_bytes=8)


@pytest.mark.parametrize("said", [{"ulong_bytes": 6}, {"longest_pin": 0}, {"no_such": True}])
def test_what_can_be_no_quirk_is_refused(said):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"path": "/a.so", "quirks": said}, ModuleSettings)
