"""Who is trusted here: the trust store of the configuration and the authorities' anchors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))

from certificate_maker import make_x509, name
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.identity_oids import IdentityMeaning
from agent.settings.config import AuthoritySettings, Config, ConfigError, load_config
from agent.settings.trust import Trust, trusted_certificates
from agent.system.paths import Paths

ONE, OTHER, THIRD = (
    make_x509(subject=name(organisation=text), is_ca=True) for text in ("A", "B", "C")
)


def pem(*certificates) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def trusted(config: Config) -> list[str]:
    return [certificate.organisation for certificate in trusted_certificates(config)]


def authority(anchor: Path) -> AuthoritySettings:
    return AuthoritySettings(name="a", issuers=(), url="https://a", trust_anchor=anchor)


def test_without_configuration_nobody_is_trusted():
    assert trusted(Config()) == []


def test_a_file_may_hold_many(tmp_path):
    (tmp_path / "all.pem").write_bytes(b"comment\n" + pem(ONE, OTHER))
    assert trusted(Config(trust_store=tmp_path / "all.pem")) == ["A", "B"]


def test_a_folder_may_hold_pem_and_der(tmp_path):
    (tmp_path / "1.crt").write_bytes(pem(ONE))
    (tmp_path / "2.CER").write_bytes(OTHER.public_bytes(Encoding.DER))
    (tmp_path / "readme.txt").write_bytes(pem(THIRD))
    assert trusted(Config(trust_store=tmp_path)) == ["A", "B"]


def test_an_authoritys_trust_anchor_is_trusted_and_nobody_twice(tmp_path):
    anchor, store = tmp_path / "anchor.pem", tmp_path / "store.pem"
    anchor.write_bytes(pem(ONE))
    store.write_bytes(pem(ONE, OTHER))
    config = Config(authorities=(authority(anchor),), trust_store=store)
    assert trusted(config) == ["A", "B"]


@pytest.mark.parametrize("content", [None, b"junk", b"", pem(THIRD)[:200] + b"\n-----END"])
def test_what_cannot_be_read_is_told_and_hides_nobody(tmp_path, content, caplog):
    anchor, store = tmp_path / "anchor.pem", tmp_path / "store"
    store.mkdir()
    anchor.write_bytes(pem(ONE))
    (store / "good.pem").write_bytes(pem(OTHER))
    if content is None:
        (store / "bad.pem").mkdir()
    else:
        (store / "bad.pem").write_bytes(content)
    config = Config(authorities=(authority(anchor),), trust_store=store)
    assert trusted(config) == ["A", "B"]
    assert "bad.pem" in caplog.text


def test_a_trust_store_that_is_missing_is_told(tmp_path, caplog):
    assert trusted(Config(trust_store=tmp_path / "gone")) == []
    assert "gone" in caplog.text


@pytest.fixture
def paths(tmp_path) -> Paths:
    return Paths(config=tmp_path, data=tmp_path, logs=tmp_path, policy=tmp_path / "policy")


def test_a_relative_store_lies_beside_its_file(paths, tmp_path):
    paths.config_file.write_text('trust_store = "roots"\n')
    assert load_config(paths).trust_store == tmp_path / "roots"


def test_the_administrator_names_further_identity_oids(paths):
    paths.config_file.write_text('[[identity_oid]]\noid = "1.2.3.4"\nmeaning = "entity_id"\n')
    [row] = load_config(paths).identity_oids
    assert (row.oid, row.meaning) == ("1.2.3.4", IdentityMeaning.ENTITY_ID)


@pytest.mark.parametrize(
    "row",
    ['oid = "1.2.3"', 'oid = "x"\nmeaning = "uscc"', 'oid = "1.2.3"\nmeaning = "shoe_size"'],
)
def test_an_identity_oid_that_says_nothing_is_refused(paths, row):
    paths.config_file.write_text(f"[[identity_oid]]\n{row}\n")
    with pytest.raises(ConfigError, match="identity_oid"):
        load_config(paths)


async def test_who_is_trusted_follows_the_configuration_and_the_files(tmp_path):
    held = Config(trust_store=tmp_path)
    trust = Trust(lambda: held)
    (tmp_path / "1.pem").write_bytes(pem(ONE))
    first = await trust.store()
    assert await trust.store() is first, "nothing has changed"
    (tmp_path / "1.pem").write_bytes(pem(ONE, OTHER))
    second = await trust.store()
    assert second is not first, "another certificate lies in the file"
    (tmp_path / "2.pem").write_bytes(pem(THIRD))
    third = await trust.store()
    assert third is not second
    held = Config()
    assert await trust.store() is not third
