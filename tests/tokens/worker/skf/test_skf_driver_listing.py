"""What an SKF token shows without a PIN, by libraries of every shape and with every odd answer."""

from __future__ import annotations

import itertools

import pytest
from skf_bench import application, rsa_container, sm2_half
from skf_desk import LABEL, SkfDesk, both_pairs, one_pair
from sm2_key import Sm2Key

from agent.ground.errors import OdcError
from agent.tokens.errors import ModuleLoadError
from agent.tokens.model import ModuleKind, PinState, Quirks
from agent.tokens.worker.skf.module import SkfModule
from sandbox.skf_token.building import ODD_SHAPES, SHAPES
from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.state import Container, Half


def reasons(desk: SkfDesk) -> list[str]:
    return [str(problem.details["reason"]) for problem in desk.content().problems]


@pytest.mark.parametrize("shape", [*SHAPES, *ODD_SHAPES], ids=lambda shape: shape.name)
def test_a_token_is_listed_through_a_library_of_every_shape(bench, shape):
    desk = SkfDesk(bench, shape=shape)
    content = desk.content()
    assert (content.kind, content.slots, content.problems) == (ModuleKind.SKF, 1, ())
    facts = desk.token.facts
    assert (facts.label, facts.application, facts.manufacturer) == (LABEL, "ODC", "ODC Sandbox")
    assert facts.serial == bench.on_disk().serial
    assert (facts.tries_left, facts.tries_most, facts.pin_state) == (10, 10, PinState.OK)
    assert facts.free_bytes == bench.on_disk().free_bytes
    signing, encryption = desk.pair
    [container] = bench.on_disk().applications[0].containers
    assert signing.value == container.signing.certificate
    assert encryption.value == container.encryption.certificate
    assert (signing.container, signing.has_private_key) == ("SM2", True)
    assert signing.key != encryption.key


def test_each_application_is_a_token_of_its_own(bench):
    two = (
        application(both_pairs("A"), name="税务"),
        application(both_pairs("B"), name="ODC", tries=3, is_factory=True),
    )
    tokens = SkfDesk(bench, two).content().tokens
    told = [(t.facts.application, t.facts.tries_left, t.facts.is_factory_pin) for t in tokens]
    assert told == [("税务", 10, False), ("ODC", 3, True)]


def test_sixty_four_containers_are_listed(bench):
    signing = one_pair()
    containers = [Container(name=f"C{n}", signing=signing) for n in range(64)]
    desk = SkfDesk(bench, (application(*containers, most_containers=64),))
    assert len(desk.token.certificates) == 64


def test_keys_of_rsa_are_listed_too(bench):
    desk = SkfDesk(bench, (application(rsa_container()),))
    assert [found.has_private_key for found in desk.token.certificates] == [True, True]


def test_a_certificate_whose_key_is_another_or_none_is_told_of(bench):
    stranger = one_pair()
    mine = sm2_half(Sm2Key.new(), stranger.certificate)
    other = Container(name="OTHER", kind=KeyKind.SM2, signing=mine)
    none = Container(name="NONE", signing=Half(certificate=stranger.certificate))
    desk = SkfDesk(bench, (application(other, none),))
    assert [found.has_private_key for found in desk.token.certificates] == [False, False]


def test_what_is_no_certificate_is_handed_on_and_the_others_with_it(bench):
    good = both_pairs()
    bad = Container(name="BAD", signing=sm2_half(Sm2Key.new(), b"no certificate"))
    desk = SkfDesk(bench, (application(bad, good),))
    assert [found.value for found in desk.token.certificates] == [
        b"no certificate", good.signing.certificate, good.encryption.certificate,
    ]  # fmt: skip


def test_a_certificate_is_told_from_the_zeros_that_fill_its_place(bench):
    half = sm2_half(Sm2Key.new(), one_pair().certificate + bytes(300))
    desk = SkfDesk(bench, (application(Container(name="PADDED", signing=half)),))
    [found] = desk.token.certificates
    assert found.value + bytes(300) == half.certificate


def test_names_in_gbk_are_read_and_found_again(bench):
    desk = SkfDesk(bench, (application(both_pairs("网证通"), name="应用"),))
    bench.misbehave("gbk")
    assert desk.token.facts.application == "应用"
    assert desk.pair[0].container == "网证通"
    assert desk.found().pin_facts().tries_left == 10


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_half_a_character_at_the_end_of_a_field_is_left_out(bench, encoding):
    """DEVINFO has 32 bytes for a label, and makers cut where they end."""
    label = "K" + "证" * 16
    SkfDesk(bench)
    bench.make("long", application(), label=label)
    bench.pull()
    bench.plug("long")
    bench.misbehave("gbk" if encoding == "gbk" else "")
    module = SkfModule(str(bench.library()), Quirks())
    [token] = module.content().tokens
    assert len(token.facts.label) > 8
    assert label.startswith(token.facts.label)


def test_a_device_without_applications_is_told_of_in_one_sentence(bench):
    desk = SkfDesk(bench)
    bench.make("blank", label="BLANK")
    bench.plug("blank")
    content = desk.content()
    assert [token.facts.label for token in content.tokens] == [LABEL]
    [problem] = content.problems
    assert "BLANK" in problem.message
    assert "应用" in problem.message_zh
    assert "发放" in problem.advice_zh, "to plug it in again does not help"


@pytest.mark.parametrize("shown", ["ok", "fail"])
def test_an_empty_place_is_no_certificate_whatever_is_said_of_it(bench, shown):
    desk = SkfDesk(
        bench, (application(Container(name="SM2", kind=KeyKind.SM2, signing=one_pair())),)
    )
    bench.misbehave(f"empty_certificate={shown}")
    assert len(desk.token.certificates) == 1
    assert desk.content().problems == ()


@pytest.mark.parametrize(
    "fault",
    [
        "SKF_EnumDev=size_without", "SKF_EnumApplication=size_without",
        "SKF_EnumContainer=size_without", "SKF_EnumContainer=three_nuls",
        "SKF_EnumContainer=one_nul", "SKF_EnumDev=ignores_size", "SKF_EnumContainer=ignores_size",
        "SKF_ExportCertificate=ignores_size", "SKF_EnumContainer=stdout",
    ],
)  # fmt: skip
def test_lists_that_are_written_in_odd_ways_are_read(desk, fault):
    desk.bench.misbehave(fault)
    assert len(desk.pair) == 2
    assert desk.content().problems == ()


@pytest.mark.parametrize("fault", ["nothing", "0x0A000001", "lies"])
def test_a_library_without_devices_or_sense_is_no_crash(desk, fault):
    desk.bench.misbehave(f"SKF_EnumDev={fault}")
    if fault.startswith("0x"):
        with pytest.raises(OdcError, match="EnumDev"):
            desk.content()
    else:
        assert desk.content().tokens == ()


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        *itertools.product(
            ("EnumContainer", "EnumApplication", "ExportCertificate"),
            ("claims", "0x0A000001", "garbage"),
        ),
        *itertools.product(("EnumContainer", "EnumApplication"), ("endless", "many")),
    ],
)
def test_nonsense_costs_what_it_is_said_of_and_no_other_token(desk, function, fault):
    desk.bench.make("other", application(both_pairs()), label="OTHER")
    desk.bench.plug("other")
    desk.bench.misbehave(f"SKF_{function}={fault}!1")
    labels = [token.facts.label for token in desk.content().tokens if token.certificates]
    assert "OTHER" in labels


def test_a_library_of_an_older_draft_is_known_by_the_size_of_its_keys(desk):
    desk.bench.misbehave("SKF_ExportPublicKey=older_draft")
    assert [found.has_private_key for found in desk.token.certificates] == [None, None]
    assert reasons(desk) == ["its keys are not laid out as GM/T 0016 has it"]


def test_where_there_are_encryption_pairs_alone_their_certificates_are_listed(desk):
    desk.bench.misbehave("encryption_only")
    [found] = desk.token.certificates
    [container] = desk.bench.on_disk().applications[0].containers
    assert (found.value, found.has_private_key) == (container.encryption.certificate, True)
    assert desk.content().problems == ()


def test_a_token_that_shows_nothing_before_its_pin_is_told_of(desk):
    desk.bench.misbehave("must_login")
    assert desk.token.certificates == ()
    [problem] = desk.content().problems
    assert "USER_NOT_LOGGED_IN" in problem.message


def test_a_library_that_knows_one_device_at_a_time_lists_each_right(desk):
    desk.bench.make("other", application(both_pairs("OTHER"), name="B"), label="OTHER")
    desk.bench.plug("other")
    desk.bench.misbehave("one_device, wrong_kind_crashes")
    told = {t.facts.label: {c.container for c in t.certificates} for t in desk.content().tokens}
    assert told == {LABEL: {"SM2"}, "OTHER": {"OTHER"}}


def test_a_device_that_is_pulled_out_while_it_is_read_is_not_there(desk):
    desk.bench.misbehave("SKF_EnumContainer=0x0A000023")
    content = desk.content()
    assert (content.tokens, content.problems) == ((), ())


def test_what_cannot_be_loaded_says_why(tmp_path):
    (tmp_path / "no.so").write_bytes(b"\x7fELF no library")
    with pytest.raises(ModuleLoadError, match=r"no\.so"):
        SkfModule(str(tmp_path / "no.so"), Quirks())


def test_a_width_that_is_said_counts_more_than_the_probe(desk):
    assert desk.module.library.layout.ulong_bytes == 4
    assert SkfModule(desk.module.path, Quirks(ulong_bytes=8)).library.layout.ulong_bytes == 8


def test_of_many_containers_that_fail_the_device_is_waited_for_once(bench, monkeypatch):
    monkeypatch.setattr("agent.tokens.worker.skf.module._LOOKS", (0.0, 0.0, 0.0))
    containers = [Container(name=f"C{n}", signing=one_pair()) for n in range(8)]
    desk = SkfDesk(bench, (application(*containers),))
    bench.misbehave("SKF_OpenContainer=0x0A000001")
    before = bench.report().calls["SKF_EnumDev"]
    assert len(desk.content().problems) == 1, "the same sentence, once"
    assert bench.report().calls["SKF_EnumDev"] - before == 1 + 3 + 7
