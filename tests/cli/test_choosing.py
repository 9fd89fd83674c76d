"""A thumbprint by how it begins: exactly one, or it is said what there is."""

from __future__ import annotations

import pytest

from agent.cli.ground.choosing import ChoiceNeededError, matching
from agent.ground.language import Language
from agent.renewals.ground.errors import CertificateNotFoundError

KNOWN = {
    "3fa9" + "0" * 60: "3fa9… 深圳市样例有限公司",
    "3fa8" + "0" * 60: "3fa8… 深圳市另一有限公司",
    "90ab" + "0" * 60: "90ab… 深圳市第三有限公司",
}


@pytest.mark.parametrize("prefix", ["9", "90ab", "90ab" + "0" * 60])
def test_a_prefix_of_one_is_that_one(prefix):
    assert matching(prefix, KNOWN) == "90ab" + "0" * 60


def test_a_prefix_of_several_lists_them_and_no_others():
    with pytest.raises(ChoiceNeededError) as caught:
        matching("3fa", KNOWN)
    listed = caught.value.advice_text(Language.ZH)
    assert listed.splitlines() == ["  3fa9… 深圳市样例有限公司", "  3fa8… 深圳市另一有限公司"]


@pytest.mark.parametrize("prefix", ["", "1", "90ab1"])
def test_a_prefix_of_none_is_no_certificate(prefix):
    with pytest.raises(CertificateNotFoundError):
        matching(prefix, KNOWN)
