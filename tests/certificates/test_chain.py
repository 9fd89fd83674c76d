"""Whether a certificate leads to a trusted authority, and where it ends when it does not."""

from __future__ import annotations

import datetime as dt
import itertools
import time

import pytest
from certificate_maker import CHINA, china, ec_key, key_usage, name, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from der_maker import ALTERNATIVE_NAME, BASIC_CONSTRAINTS, BMP, extension, make, named
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.certificates import links
from agent.certificates.chain import MAX_LENGTH, Chain, ChainState, TrustStore
from agent.certificates.model import Certificate
from agent.certificates.parsing import parse_certificate

NOW = china("2025-03-07 12:00:00")
BEGIN, END = dt.datetime(2020, 1, 1, tzinfo=CHINA), dt.datetime(2040, 1, 1, tzinfo=CHINA)


def issue(
    subject: str,
    issuer: str,
    *,
    key=None,
    issuer_key=None,
    end: dt.datetime = END,
    is_ca: bool = True,
    path_length: int | None = None,
    usage: frozenset[str] | None = frozenset({"key_cert_sign"}),
    key_id: bytes | None = None,
    issuer_key_id: bytes | None = None,
) -> Certificate:
    """Return a certificate; unless given, keys are the ones that go by the names."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(organisation=subject))
        .issuer_name(name(organisation=issuer))
        .public_key((key or ec_key(subject)).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(is_ca, path_length), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(key_usage(usage), critical=True)
    if key_id is not None:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(key_id), critical=False)
    if issuer_key_id is not None:
        named = x509.AuthorityKeyIdentifier(issuer_key_id, None, None)
        builder = builder.add_extension(named, critical=False)
    signed = builder.sign(issuer_key or ec_key(issuer), hashes.SHA256())
    return parse_certificate(signed.public_bytes(Encoding.DER))


def leaf(issuer: str = "Sub", **options) -> Certificate:
    usage = frozenset({"digital_signature"})
    return issue("Organisation", issuer, is_ca=False, usage=usage, **options)


ROOT = issue("Root", "Root")
SUB = issue("Sub", "Root", path_length=0)
LEAF = leaf()


def chain(
    certificate: Certificate, *others: Certificate, trusted=(ROOT,), now: dt.datetime = NOW
) -> Chain:
    return TrustStore(trusted).chains([certificate, *others], now)[0]


def test_a_chain_to_a_trusted_root_is_trusted():
    found = chain(LEAF, SUB)
    assert (found.state, found.path) == (ChainState.TRUSTED, (LEAF, SUB, ROOT))
    assert found.about == "O=Root,C=CN"


@pytest.mark.parametrize("key", [rsa_key("chain"), ec_key("chain")], ids=["rsa", "ec"])
def test_rsa_and_ec_signatures_are_checked(key):
    root = issue("R", "R", key=key, issuer_key=key)
    good, forged = leaf("R", issuer_key=key), leaf("R", issuer_key=ec_key("forger"))
    assert chain(good, trusted=[root]).state is ChainState.TRUSTED
    assert chain(forged, trusted=[root]).state is not ChainState.TRUSTED


def test_a_trusted_ca_below_the_root_is_trusted_as_well():
    found = chain(LEAF, trusted=[SUB])
    assert (found.state, found.path) == (ChainState.TRUSTED, (LEAF, SUB))


def test_a_certificate_that_is_trusted_itself_needs_no_issuer():
    assert chain(LEAF, trusted=[LEAF]).path == (LEAF,)


def test_a_root_that_is_not_trusted_is_named():
    found = chain(LEAF, SUB, ROOT, trusted=[])
    assert (found.state, found.about) == (ChainState.UNTRUSTED_ROOT, "O=Root,C=CN")
    assert found.path == (LEAF, SUB, ROOT)


def test_a_self_signed_certificate_is_its_own_untrusted_root():
    found = chain(ROOT, trusted=[])
    assert (found.state, found.path) == (ChainState.UNTRUSTED_ROOT, (ROOT,))


def test_an_issuer_that_is_missing_is_named():
    found = chain(LEAF)
    assert (found.state, found.about, found.path) == (
        ChainState.INCOMPLETE,
        "O=Sub,C=CN",
        (LEAF,),
    )
    found = chain(LEAF, SUB, trusted=[])
    assert (found.state, found.about) == (ChainState.INCOMPLETE, "O=Root,C=CN")


def test_a_signature_by_another_key_is_bad():
    forged = leaf(issuer_key=ec_key("forger"))
    found = chain(forged, SUB)
    assert (found.state, found.about) == (ChainState.BAD_SIGNATURE, "O=Sub,C=CN")


def test_a_tampered_certificate_has_a_bad_signature():
    der = bytearray(LEAF.der)
    der[der.index(b"Organisation")] ^= 1
    assert chain(parse_certificate(bytes(der)), SUB).state is ChainState.BAD_SIGNATURE


def test_a_root_with_a_wrong_signature_of_its_own_is_bad():
    root = issue("R", "R", issuer_key=ec_key("forger"))
    assert chain(root, trusted=[]).state is ChainState.BAD_SIGNATURE


class TestExpiry:
    def test_an_issuer_that_has_expired_is_named(self):
        sub = issue("Sub", "Root", end=china("2025-01-01 00:00:00"))
        found = chain(LEAF, sub)
        assert (found.state, found.about) == (ChainState.ISSUER_EXPIRED, "O=Sub,C=CN")

    def test_a_root_that_has_expired_is_named(self):
        root = issue("Root", "Root", end=china("2025-01-01 00:00:00"))
        assert chain(LEAF, SUB, trusted=[root]).state is ChainState.ISSUER_EXPIRED

    def test_the_certificates_own_expiry_means_nothing(self):
        expired = leaf(end=china("2022-07-20 23:59:59"))
        assert chain(expired, SUB).state is ChainState.TRUSTED

    def test_an_issuer_that_outlived_the_certificate_was_valid_long_enough(self):
        expired = leaf(end=china("2022-07-20 23:59:59"))
        sub = issue("Sub", "Root", end=china("2023-01-01 00:00:00"))
        assert chain(expired, sub).state is ChainState.TRUSTED

    def test_a_renewed_issuer_of_the_same_key_is_preferred(self):
        old = issue("Sub", "Root", end=china("2025-01-01 00:00:00"))
        assert chain(LEAF, old, SUB).state is ChainState.TRUSTED
        assert chain(LEAF, SUB, old).state is ChainState.TRUSTED


class TestFitness:
    @pytest.mark.parametrize(
        "unfit",
        [
            {"is_ca": False},
            {"usage": frozenset({"crl_sign"})},
            {"usage": frozenset({"digital_signature"})},
        ],
        ids=["no CA", "signs lists only", "signs data only"],
    )
    def test_who_may_not_issue_does_not_count(self, unfit):
        found = chain(LEAF, issue("Sub", "Root", **unfit))
        assert (found.state, found.about) == (ChainState.ISSUER_UNFIT, "O=Sub,C=CN")

    def test_a_ca_without_key_usage_may_issue(self):
        assert chain(LEAF, issue("Sub", "Root", usage=None)).state is ChainState.TRUSTED

    @pytest.mark.parametrize(
        ("length", "state"), [(0, ChainState.ISSUER_UNFIT), (1, ChainState.TRUSTED)]
    )
    def test_the_path_length_is_kept(self, length, state):
        upper = issue("Upper", "Root", path_length=length)
        found = chain(LEAF, issue("Sub", "Upper"), upper)
        assert found.state is state

    def test_an_organisations_certificate_issues_nothing(self):
        by_leaf = issue("X", "Organisation", is_ca=False, issuer_key=ec_key("Organisation"))
        assert chain(by_leaf, LEAF, SUB).state is ChainState.ISSUER_UNFIT


class TestKeyIdentifiers:
    def test_among_namesakes_the_one_with_the_key_is_found(self):
        others = [issue("Sub", "Root", key=ec_key(f"s{i}"), key_id=b"%d" % i) for i in range(40)]
        right = issue("Sub", "Root", key_id=b"right")
        found = chain(leaf(issuer_key_id=b"right"), *others, right)
        assert (found.state, found.path[1]) == (ChainState.TRUSTED, right)

    def test_wrong_identifiers_do_not_hide_a_right_signature(self):
        sub = issue("Sub", "Root", key_id=b"one")
        assert chain(leaf(issuer_key_id=b"other"), sub).state is ChainState.TRUSTED

    def test_a_namesake_with_another_key_is_not_the_issuer(self):
        namesake = issue("Sub", "Root", key=ec_key("namesake"), key_id=b"other")
        found = chain(leaf(issuer_key_id=b"one"), namesake)
        assert (found.state, found.about) == (ChainState.INCOMPLETE, "O=Sub,C=CN")


class TestMeshes:
    def test_cas_that_certify_each_other_end(self):
        one, other = issue("A", "B"), issue("B", "A")
        found = chain(leaf("A"), one, other, trusted=[])
        assert found.state is ChainState.INCOMPLETE

    def test_of_cross_signed_issuers_the_trusted_one_is_taken(self):
        elsewhere = issue("Sub", "Unknown")
        for order in ([elsewhere, SUB], [SUB, elsewhere]):
            assert chain(LEAF, *order).path == (LEAF, SUB, ROOT)

    def test_a_cross_signed_root_counts_by_its_name_and_key(self):
        crossed = issue("Root", "Older Root")
        assert chain(LEAF, SUB, crossed).state is ChainState.TRUSTED

    def test_a_new_key_certified_by_the_old_one_is_followed(self):
        new = ec_key("rolled over")
        rolled = issue("Root", "Root", key=new, issuer_key=ec_key("Root"))
        found = chain(leaf("Root", issuer_key=new), rolled)
        assert (found.state, len(found.path)) == (ChainState.TRUSTED, 3)

    def test_a_chain_is_followed_only_so_far(self):
        names = [f"CA {i}" for i in range(MAX_LENGTH + 2)]
        cas = [issue(name, above) for name, above in itertools.pairwise(names)]
        root = issue(names[-1], names[-1])
        found = chain(leaf(names[0]), *cas, trusted=[root])
        assert found.state is ChainState.INCOMPLETE
        assert len(found.path) <= MAX_LENGTH

    def test_many_namesakes_take_no_time(self):
        key = ec_key("forger")
        mesh = [issue("Sub", "Sub", key=ec_key(f"m{i % 9}"), issuer_key=key) for i in range(500)]
        began = time.process_time()
        assert chain(LEAF, *mesh, trusted=[]).state is not ChainState.TRUSTED
        assert time.process_time() - began < 5


def test_a_name_in_another_string_type_is_the_same_name():
    printable = x509.NameAttribute(
        x509.NameOID.ORGANIZATION_NAME, "Sub", x509.name._ASN1Type.PrintableString
    )
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"), printable])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name())
        .issuer_name(subject)
        .public_key(ec_key().public_key())
        .serial_number(7)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .sign(ec_key("Sub"), hashes.SHA256())
    )
    certificate = parse_certificate(signed.public_bytes(Encoding.DER))
    assert chain(certificate, SUB).state is ChainState.TRUSTED


def test_an_issuer_that_is_damaged_itself_counts_by_its_key():
    constraints = extension(BASIC_CONSTRAINTS, bytes.fromhex("30030101ff"))
    damaged = make(
        serial=b"\x02\x01\xe1",
        subject=named("Sub".encode("utf-16-be"), BMP),
        key=SUB.public_key,
        extensions=(constraints, extension(ALTERNATIVE_NAME, b"junk")),
    )
    issuer = parse_certificate(damaged)
    assert issuer.is_damaged
    certificate = issue("Organisation", "Sub", is_ca=False)
    matching = Certificate(
        **{f: getattr(certificate, f) for f in Certificate.__slots__ if f != "issuer"},
        issuer=issuer.subject,
    )
    assert chain(matching, trusted=[issuer]).state is ChainState.TRUSTED


def test_what_cannot_be_checked_is_told_as_such():
    unknown = bytes.fromhex("300506032a0304")  # 1.2.3.4, a signature algorithm nobody knows
    constraints = extension(BASIC_CONSTRAINTS, bytes.fromhex("30030101ff"))
    issuer = parse_certificate(make(subject=named(b"Authority"), extensions=(constraints,)))
    certificate = parse_certificate(make(algorithm=unknown))
    found = chain(certificate, issuer)
    assert (found.state, found.about) == (ChainState.UNCHECKED, "O=Authority")


def test_each_signature_is_checked_once(monkeypatch):
    checked = []
    check = links._check
    monkeypatch.setattr(links, "_check", lambda *pair: checked.append(pair) or check(*pair))
    store = TrustStore([ROOT])
    for _ in range(3):
        assert store.chains([LEAF, SUB], NOW)[0].state is ChainState.TRUSTED
    assert len(checked) == 2


POOL = [
    ROOT, SUB, LEAF, issue("A", "B"), issue("B", "A"), issue("Sub", "A"), issue("Root", "B"),
    issue("Sub", "Root", issuer_key=ec_key("forger")), issue("Sub", "Sub"), leaf("A"),
    issue("Root", "Root", issuer_key=ec_key("forger")),
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(POOL), min_size=1, max_size=8),
    st.lists(st.sampled_from(POOL), max_size=3),
)
def test_whatever_is_there_a_chain_ends_and_only_trust_makes_it_trusted(certificates, trusted):
    for certificate, found in zip(
        certificates, TrustStore(trusted).chains(certificates, NOW), strict=True
    ):
        assert found.path[0] is certificate
        assert len(found.path) <= MAX_LENGTH
        assert len({c.thumbprint for c in found.path}) == len(found.path)
        anchors = {(c.subject, c.public_key) for c in trusted}
        if found.state is ChainState.TRUSTED:
            assert (found.path[-1].subject, found.path[-1].public_key) in anchors
