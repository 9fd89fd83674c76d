"""What is said of a pair of which one certificate is renewed."""

from __future__ import annotations

import pytest
from renewal_maker import new_renewal

from agent.ground.language import Language
from agent.renewals.authorities.plain_policy import plain_policy
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.record import EncryptionPart
from agent.renewals.wording import note_text

PAIR = EncryptionPart(key_id=b"1", transport_id=b"2", current_id=b"3")
ALONE = EncryptionPart(key_id=b"1", transport_id=b"2")
PLAIN, FULL = plain_policy("机关CA"), Policy(authority="x", encryption_certificate=True)


def test_a_pair_is_told_that_one_of_it_stays():
    renewal = new_renewal(authority="机关CA", policy=PLAIN, encryption=PAIR)
    assert note_text(renewal, Language.ZH).startswith("机关CA只更新签名证书")


@pytest.mark.parametrize(
    ("policy", "pair"), [(None, PAIR), (FULL, PAIR), (PLAIN, ALONE), (PLAIN, None)]
)
def test_nothing_is_said_where_nothing_is_left(policy, pair):
    assert note_text(new_renewal(policy=policy, encryption=pair), Language.ZH) == ""
