"""The policy an installer brings: looked over, put together, taken back."""

from __future__ import annotations

import pytest

from agent.settings import rollout
from agent.settings.config import ConfigError, load_config
from agent.system.paths import Paths

AUTHORITY = """\
[[authority]]
name = "样例证书中心"
issuers = ["CN=Sample CA,O=Sample,C=CN"]
url = "https://ra.example.cn"
trust_anchor = "sample-ca.pem"
"""
POLICY = '[updates]\nenabled = false\n[browser]\nallow = ["https://*.gov.cn"]\n'


@pytest.fixture
def share(tmp_path):
    """The folder an administrator has everything in."""
    folder = tmp_path / "共享 folder"
    folder.mkdir()
    (folder / "authority.toml").write_bytes(AUTHORITY.encode("utf-8-sig"))
    (folder / "policy.toml").write_text(POLICY, "utf-8")
    (folder / "sample-ca.pem").write_text("a certificate")
    return folder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "ProgramData" / "odc-agent" / "policy.toml"


def config(tmp_path, target):
    return load_config(
        Paths(config=tmp_path / "none", data=tmp_path, logs=tmp_path, policy=target.parent)
    )


def test_a_policy_and_an_authority_hold_together(tmp_path, share, target):
    rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    found = config(tmp_path, target)
    assert found.updates.enabled is False
    assert found.browser.allow == ("https://*.gov.cn",)
    [authority] = found.authorities
    assert authority.name == "样例证书中心"
    assert authority.trust_anchor == target.parent / "sample-ca.pem"
    assert authority.trust_anchor.read_text() == "a certificate"


def test_written_again_it_says_the_same(tmp_path, share, target):
    for _ in range(2):
        rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    assert len(config(tmp_path, target).authorities) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "[updates]\nenabeld = false\n",
        "[[authority]]\nname = 'x'\n",
        "no toml",
        "poll_seconds = '5'",
    ],
)
def test_where_anything_is_wrong_nothing_is_written(share, target, wrong):
    rollout.write(target, [share / "authority.toml"])
    before = {file.name: file.read_bytes() for file in target.parent.iterdir()}
    (share / "policy.toml").write_text(wrong)
    with pytest.raises(ConfigError) as error:
        rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    assert "policy.toml" in str(error.value)
    assert {file.name: file.read_bytes() for file in target.parent.iterdir()} == before


def test_a_certificate_that_is_not_beside_the_file_is_named(share, target):
    (share / "sample-ca.pem").unlink()
    with pytest.raises(ConfigError, match=r"sample-ca\.pem"):
        rollout.write(target, [share / "authority.toml"])
    assert not target.exists()


def test_two_files_with_the_same_table_are_refused(share, target):
    with pytest.raises(ConfigError):
        rollout.write(target, [share / "policy.toml", share / "policy.toml"])
    assert not target.exists()


def test_what_was_written_is_taken_back(share, target):
    rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    rollout.remove(target)
    assert not target.parent.exists()


def test_an_administrators_own_policy_stays(target):
    target.parent.mkdir(parents=True)
    target.write_text(POLICY)
    rollout.remove(target)
    assert target.read_text() == POLICY


def test_the_command_says_why_and_leaves_word(tmp_path, target, monkeypatch, capsys, share):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(rollout, "everybodys_policy", lambda: target.parent)
    (share / "policy.toml").write_text("enabled = ")
    assert rollout.main(["write", str(share / "policy.toml"), ""]) == 1
    said = capsys.readouterr().err
    assert str(share / "policy.toml") in said
    assert (tmp_path / rollout.LOG).read_text("utf-8-sig") == said
    assert rollout.main(["write", "", str(share / "authority.toml")]) == 0
    assert rollout.main(["remove"]) == 0


def files_in(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_nothing_is_copied_where_a_later_file_is_missing(share, target):
    (share / "policy.toml").write_text('trust_store = "none"\n' + POLICY, "utf-8")
    with pytest.raises(ConfigError):
        rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    assert not target.parent.exists()


def test_a_folder_it_names_is_brought_again_as_it_is_now(tmp_path, share, target):
    """An upgrade is told the same once more."""
    (share / "policy.toml").write_text('trust_store = "store"\n' + POLICY, "utf-8")
    (share / "store").mkdir()
    (share / "store" / "one.pem").write_text("one")
    rollout.write(target, [share / "policy.toml"])
    (share / "store" / "one.pem").rename(share / "store" / "two.pem")
    rollout.write(target, [share / "policy.toml"])
    assert files_in(target.parent) == ["policy.toml", "store/two.pem"]
    rollout.remove(target)
    assert not target.parent.exists()


def test_what_it_brought_may_be_brought_from_where_it_is(share, target):
    rollout.write(target, [share / "policy.toml", share / "authority.toml"])
    rollout.write(target, [target])
    assert files_in(target.parent) == ["policy.toml", "sample-ca.pem"]


@pytest.mark.parametrize("name", ["../sample-ca.pem", "x/../../sample-ca.pem"])
def test_a_name_that_leads_out_of_the_folder_is_refused(share, target, name):
    (share / "x").mkdir()
    (share.parent / "sample-ca.pem").write_text("a certificate")
    (share / "authority.toml").write_text(AUTHORITY.replace("sample-ca.pem", name), "utf-8")
    with pytest.raises(ConfigError):
        rollout.write(target, [share / "authority.toml"])
    assert not target.parent.exists()


@pytest.mark.parametrize("name", ["../../kept", "x/../../../kept"])
def test_nothing_out_of_the_folder_is_removed(tmp_path, target, name):
    """Whoever can write the policy could have the installer remove anything."""
    (tmp_path / "kept").mkdir()
    target.parent.mkdir(parents=True)
    target.write_text(f'{rollout.MARK}\ntrust_store = "{name}"\n', "utf-8")
    rollout.remove(target)
    assert (tmp_path / "kept").exists()
    assert not target.exists()


@pytest.mark.parametrize("is_link", [True, False])
def test_what_it_says_is_written_into_nobody_elses_file(tmp_path, target, monkeypatch, is_link):
    """Any user may put a link where an installer with all rights leaves word."""
    monkeypatch.setattr(rollout, "everybodys_policy", lambda: target.parent)
    monkeypatch.setattr(rollout.tempfile, "tempdir", str(tmp_path))
    kept, log = tmp_path / "kept", tmp_path / rollout.LOG
    kept.write_text("kept")
    log.hardlink_to(kept) if is_link else log.write_text("before")
    assert rollout.main(["write", str(tmp_path / "none.toml"), ""]) == 1
    assert kept.read_text() == "kept"
    assert "none.toml" in log.read_text("utf-8-sig")
