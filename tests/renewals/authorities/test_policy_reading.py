"""A policy may name what came after this version: what is known of it is used."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.authorities.policy_reading import PolicyNotUnderstoodError, decode_policy
from agent.renewals.authorities.ra_protocol import (
    EncryptionKeyType,
    KeyTransport,
    KeyType,
    Policy,
)
from agent.renewals.steps.finality import is_final

LISTED = {"key_types": get_args(KeyType), "key_transport": get_args(KeyTransport)}
KNOWN = frozenset().union(*LISTED.values(), get_args(EncryptionKeyType))
new_names = st.text(max_size=200).filter(lambda name: name not in KNOWN) | st.sampled_from(
    ["sm2", "ec:sm2p256v1", "rsa:8192", "RSA:2048", "rsa:2048 ", "sm2-encrypted-key"]
)


def policy_json(**members: object) -> bytes:
    return msgspec.json.encode({"authority": "样例服务商", **members})


def mixed(known):
    """Known names, the authority's favourite first, with new ones anywhere among them."""
    kept = st.lists(st.sampled_from(known), min_size=1, unique=True)
    return kept.flatmap(
        lambda names: st.lists(new_names, max_size=8).flatmap(
            lambda new: st.permutations([*names, *new])
        )
    )


@given(mixed(LISTED["key_types"]), mixed(LISTED["key_transport"]), st.booleans())
def test_names_not_known_here_are_left_out_and_the_order_stays(keys, transports, encryption):
    policy = decode_policy(
        policy_json(key_types=keys, key_transport=transports, encryption_certificate=encryption)
    )
    assert policy.key_types == tuple(name for name in keys if name in LISTED["key_types"])
    assert policy.key_transport == tuple(
        name for name in transports if name in LISTED["key_transport"]
    )


@given(st.lists(new_names, min_size=1))
def test_where_no_kind_of_key_is_known_one_sentence_says_so(names):
    with pytest.raises(PolicyNotUnderstoodError) as refused:
        decode_policy(policy_json(key_types=names))
    assert names[0][:40] in str(refused.value)
    assert len(str(refused.value)) < 400
    assert is_final(refused.value), "it would be the same however often it was asked"


@given(st.lists(new_names, min_size=1), new_names)
def test_how_encryption_keys_travel_matters_only_where_there_are_any(transports, kind):
    new = {"key_transport": transports, "encryption_key_type": kind}
    without = decode_policy(policy_json(**new, encryption_certificate=False))
    assert without == Policy(authority="样例服务商")
    for member, value in new.items():
        with pytest.raises(PolicyNotUnderstoodError):
            decode_policy(policy_json(**{member: value}, encryption_certificate=True))


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_members_that_came_later_are_passed_over(members):
    known = {name: value for name, value in members.items() if name in Policy.__struct_fields__}
    new = {name: value for name, value in members.items() if name not in known}
    assert decode_policy(policy_json(**new)) == Policy(authority="样例服务商")


@pytest.mark.parametrize(
    "members",
    [
        {"key_types": []},
        {"key_types": None},
        {"key_types": ["rsa:2048", 7]},
        {"key_types": [["rsa:2048"]]},
        {"key_transport": {"rsaes-oaep": True}},
        {"encryption_key_type": 2048},
        {"dossier": "sometimes"},
        {"required_documents": ["passport"]},
        {"retire_old": "burn"},
        {"message_version": 0},
        {"message_version": 10**9},
        {"message_version": "2"},
    ],
)
def test_what_is_asked_of_the_applicant_or_no_policy_at_all_is_not_guessed_at(members):
    with pytest.raises(msgspec.DecodeError):
        decode_policy(policy_json(**members))


@given(st.binary(max_size=200))
def test_other_bytes_are_no_policy(body):
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_policy(body)


def test_a_policy_of_before_has_messages_of_version_one():
    assert decode_policy(policy_json()).message_version == 1


class TestMembersForSm2:
    """SM2 stands in members of its own, for agents that stop at what they do not know in the others."""

    def test_who_knows_them_goes_by_them(self):
        policy = decode_policy(
            policy_json(
                key_types=["rsa:2048"],
                signing_key_types=["sm2", "rsa:3072"],
                container_key_transport=["sm2-enveloped-key"],
            )
        )
        assert policy.new_key_types == ("sm2", "rsa:3072")
        assert policy.container_key_transport == ("sm2-enveloped-key",)

    def test_without_them_the_others_count(self):
        policy = decode_policy(policy_json(key_types=["ec:secp256r1"]))
        assert policy.new_key_types == ("ec:secp256r1",)
        assert policy.container_key_transport == ()

    @given(st.lists(new_names, min_size=1, max_size=8), st.booleans())
    def test_where_nothing_of_them_is_known_the_others_count_as_well(self, names, encryption):
        policy = decode_policy(
            policy_json(
                key_types=["rsa:4096"],
                signing_key_types=[name for name in names if name != "sm2"],
                container_key_transport=names,
                encryption_certificate=encryption,
            )
        )
        assert policy.new_key_types == ("rsa:4096",)
        assert policy.container_key_transport == ()
