"""What an MSI package does, as a WiX source: files, registry, shortcut, and what of our own is called.

Windows Installer does all there is to do by its tables; of our own it calls the agent alone, to end and to
start. The tables are described in the Windows Installer SDK, their form here in the WiX 3 schema.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from native_host.browsers import Browser
from native_host.identity import HOST_NAME

_NAMESPACE = uuid.UUID("6c0b7e55-8f3b-4e0c-9e65-0d3a4c1b7f10")
"""All identities of packages follow from this one."""
AGENT = "odc-agent.exe"
FEATURE = "Program"
SYSTEM_ACCOUNT = "S-1-5-18"
NO_RIGHT = "NOT Installed AND NOT Privileged"
"""Asked when the question for an administrator is answered, or none is put since nothing is shown."""
NOT_OLDER = "NOT WIX_DOWNGRADE_DETECTED"
SYSTEM_WANTED = "Installed OR VersionNT64 >= 603"
"""603 is what every Windows since 8.1 says to an installer."""
_LATER = "-"
"""Stands for what tables.py says in the package's language."""
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
OWN_KEY = r"Software\odc-agent"
APP_ID_KEY = r"Software\Classes\AppUserModelId" + "\\" + HOST_NAME
"""Who shows a notice: its name and its picture."""


@unique
class Scope(StrEnum):
    """Whom a package installs for."""

    MACHINE = "machine"
    USER = "user"


@unique
class Tongue(StrEnum):
    """The language of what a package says; Windows Installer's own sentences are in Windows' language."""

    CHINESE = "zh"
    ENGLISH = "en"


LANGUAGE_IDS: Mapping[Tongue, int] = {Tongue.CHINESE: 2052, Tongue.ENGLISH: 1033}
CODE_PAGES: Mapping[Tongue, int] = {Tongue.CHINESE: 936, Tongue.ENGLISH: 1252}
WORDS: Mapping[str, Mapping[Tongue, str]] = {
    "name": {Tongue.CHINESE: "证照管家", Tongue.ENGLISH: "Certificate Manager"},
    "for user": {
        Tongue.CHINESE: "证照管家(仅当前用户)",
        Tongue.ENGLISH: "Certificate Manager (this user)",
    },
    "about": {
        Tongue.CHINESE: "管理电子钥匙中的数字证书:到期提醒、在线更新。",
        Tongue.ENGLISH: "Keeps the certificates on USB tokens alive: reminders and renewal.",
    },
    "newer": {
        Tongue.CHINESE: "已安装更新的版本,无需安装此版本。",
        Tongue.ENGLISH: "A newer version is installed already; there is nothing to do.",
    },
    "system": {
        Tongue.CHINESE: "需要 64 位的 Windows 10 或更高版本。",
        Tongue.ENGLISH: "This needs Windows 10 or later, of 64 bits.",
    },
    "no right": {
        Tongue.CHINESE: "此安装包供本机所有用户使用,需要管理员权限。请以管理员身份安装,"
        "或改用名称中带 user 的安装包:仅供当前用户使用,不需要管理员权限。",
        Tongue.ENGLISH: "This package is for everybody on this computer and needs an administrator. Install "
        'it as one, or take the package with "user" in its name: it is for you alone and needs none.',
    },
}


@dataclass(frozen=True, kw_only=True)
class Package:
    """Which package it is."""

    version: str
    scope: Scope
    tongue: Tongue

    @property
    def file_name(self) -> str:
        """The package's file."""
        whose = "-user" if self.scope is Scope.USER else ""
        return f"odc-agent-{self.version}-x64{whose}-{self.tongue.value}.msi"

    @property
    def name(self) -> str:
        """What lists of installed programs call it."""
        return self.words("for user" if self.scope is Scope.USER else "name")

    @property
    def root(self) -> str:
        """The registry's root for whom it installs for."""
        return "HKCU" if self.scope is Scope.USER else "HKLM"

    @property
    def product_code(self) -> str:
        """What identifies exactly this package."""
        return _identity(self.version, self.scope, self.tongue)

    @property
    def upgrade_code(self) -> str:
        """What all versions have in common, in either language."""
        return _identity("upgrade", self.scope)

    def component(self, name: str) -> str:
        """Return the name of a component; those for one user are others than those for everybody."""
        return f"{self.scope.value}_{name}"

    def words(self, what: str) -> str:
        """Return a sentence in the package's language."""
        return WORDS[what][self.tongue]


def source(package: Package, files: Iterable[PurePosixPath], browsers: Iterable[Browser]) -> bytes:
    """Return the WiX source of a package.

    Args:
        package: which.
        files: of the folder of programs, below it; the source names them by these paths.
        browsers: that are told of the native host.
    """
    root = Element("Wix", xmlns="http://schemas.microsoft.com/wix/2006/wi")
    product = SubElement(
        root, "Product", Id=package.product_code, Name=_LATER, Version=package.version,
        Language=str(LANGUAGE_IDS[package.tongue]), Manufacturer="ODC Agent",
        UpgradeCode=package.upgrade_code,
    )  # fmt: skip
    _about(product, package)
    _properties(product, package)
    feature = Element("Feature", Id=FEATURE, Title=_LATER, Level="1", Absent="disallow")
    folders = _Folders(product, package)
    components = [*_files(folders, files), *_registry(folders, package, browsers)]
    components.append(_shortcut(folders, package))
    for component in components:
        SubElement(feature, "ComponentRef", Id=component)
    product.append(feature)
    _actions(product, package)
    ET.indent(root)
    return ET.tostring(root, "utf-8", xml_declaration=True)


class _Folders:
    """The folders of a package, each made where a component first wants it."""

    def __init__(self, product: Element, package: Package) -> None:
        self._package = package
        target = SubElement(product, "Directory", Id="TARGETDIR", Name="SourceDir")
        self.menu = SubElement(target, "Directory", Id="ProgramMenuFolder")
        if package.scope is Scope.USER:
            local = SubElement(target, "Directory", Id="LocalAppDataFolder")
            above = SubElement(local, "Directory", Id="UserPrograms", Name="Programs")
        else:
            above = SubElement(target, "Directory", Id="ProgramFiles64Folder")
        home = SubElement(above, "Directory", Id="INSTALLFOLDER", Name="odc-agent")
        self._made = {PurePosixPath(): home}

    @property
    def home(self) -> Element:
        """The folder of the programs."""
        return self._made[PurePosixPath()]

    def at(self, path: PurePosixPath) -> Element:
        """Return a folder below that of the programs."""
        if path not in self._made:
            above = self.at(path.parent)
            self._made[path] = SubElement(above, "Directory", Id=_id("d", path), Name=path.name)
        return self._made[path]

    def component(self, folder: Element, name: str) -> Element:
        """Add a component."""
        return SubElement(folder, "Component", Id=self._package.component(name), Guid="*")


def _about(product: Element, package: Package) -> None:
    SubElement(
        product, "Package", InstallerVersion="500", Compressed="yes", Manufacturer="ODC Agent",
        Comments=WORDS["about"][Tongue.ENGLISH],
        InstallScope="perUser" if package.scope is Scope.USER else "perMachine",
    )  # fmt: skip
    SubElement(product, "Media", Id="1", Cabinet="files.cab", EmbedCab="yes")
    SubElement(product, "MajorUpgrade", DowngradeErrorMessage=_LATER)
    condition = SubElement(product, "Condition", Message=_LATER)
    condition.text = SYSTEM_WANTED


def _properties(product: Element, package: Package) -> None:
    SubElement(product, "Icon", Id="program.ico", SourceFile="program.ico")
    fixed = {
        "ARPPRODUCTICON": "program.ico",
        "ARPNOMODIFY": "1",
        # What runs is ended by us, in order; nobody has to be asked, nothing to be restarted.
        "MSIRESTARTMANAGERCONTROL": "Disable",
        "REBOOT": "ReallySuppress",
    }
    for name, value in fixed.items():
        SubElement(product, "Property", Id=name, Value=value)
    # An upgrade keeps what the first installation was told.
    kept = SubElement(product, "Property", Id="KEPT_NOAUTOSTART")
    SubElement(
        kept, "RegistrySearch", Id="kept_noautostart", Root=package.root, Key=OWN_KEY,
        Name="NoAutostart", Type="raw",
    )  # fmt: skip


def _files(folders: _Folders, files: Iterable[PurePosixPath]) -> list[str]:
    """Add the files, a component for each folder, and return the components."""
    components: dict[PurePosixPath, Element] = {}
    for file in sorted(files):
        folder = file.parent
        if folder not in components:
            components[folder] = folders.component(folders.at(folder), _id("c", folder))
        SubElement(components[folder], "File", Id=_id("f", file), Source=str(file), Name=file.name)
    return [str(component.get("Id")) for component in components.values()]


def _registry(folders: _Folders, package: Package, browsers: Iterable[Browser]) -> list[str]:
    """Add what is written into the registry and return the components."""
    told = folders.component(folders.home, "browsers")
    for browser in browsers:
        if browser.win32 is not None and browser.win32.key:
            manifest = f"[INSTALLFOLDER]{browser.family.value}.json"
            _value(told, package.root, rf"{browser.win32.key}\{HOST_NAME}", "", manifest)
    identity = folders.component(folders.home, "identity")
    _value(identity, package.root, APP_ID_KEY, "DisplayName", _LATER, identity="display_name")
    _value(identity, package.root, APP_ID_KEY, "IconUri", "[INSTALLFOLDER]odc-agent.png")
    login = folders.component(folders.home, "login")
    _value(login, package.root, RUN_KEY, "odc-agent", f'"[INSTALLFOLDER]{AGENT}" run --wait')
    no_login = folders.component(folders.home, "no_login")
    _value(no_login, package.root, OWN_KEY, "NoAutostart", "1")
    return [str(each.get("Id")) for each in (told, identity, login, no_login)]


def _value(
    component: Element, root: str, key: str, name: str, value: str, *, identity: str = ""
) -> None:
    chosen = {"Name": name, "Id": identity}
    SubElement(
        component, "RegistryValue", Root=root, Key=key, Type="string", Value=value,
        **{attribute: given for attribute, given in chosen.items() if given},
    )  # fmt: skip


def _shortcut(folders: _Folders, package: Package) -> str:
    """Add the entry of the Start menu and return its component."""
    component = folders.component(folders.menu, "menu")
    SubElement(
        component, "Shortcut", Id="menu_entry", Directory="ProgramMenuFolder",
        Name=_LATER, Description=_LATER,
        Target=f"[INSTALLFOLDER]{AGENT}", Arguments="window", Icon="program.ico", IconIndex="0",
        WorkingDirectory="INSTALLFOLDER",
    )  # fmt: skip
    _value(component, package.root, OWN_KEY, "MenuEntry", "1")
    return str(component.get("Id"))


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something of our own that is done on the way."""

    name: str
    number: int
    """Its place among Windows Installer's own actions (Suggested InstallExecuteSequence)."""
    when: str
    command: str = ""
    """What our program is called with; nothing where a property is set."""
    execute: str = "deferred"
    result: str = "ignore"


NO_AUTOSTART = 'NOAUTOSTART = "1"'
_INSTALLS = "NOT REMOVE"
_ACTIONS = (
    Action(name="KeepNoAutostart", number=60, execute="immediate",
           when='KEPT_NOAUTOSTART = "1" AND NOT NOAUTOSTART'),
    # In order, as far as it is this user's; the step that is under way is finished.
    Action(name="AskToEnd", number=1350, command="quit", when="Installed", execute="immediate"),
    # And the agents of other users, and what browsers keep.
    Action(name="EndOthers", number=1510, command="--end-others", when="Installed"),
    Action(name="Start", number=6650, command="run --wait", execute="immediate", result="asyncNoWait",
           when=f'{_INSTALLS} AND NOT ({NO_AUTOSTART}) AND NOT (UserSID = "{SYSTEM_ACCOUNT}")'),
)  # fmt: skip
_POLICY = "-I -m agent.settings.rollout"
_MACHINE_ACTIONS = (
    Action(name="RemovePolicy", number=1520, command=f"{_POLICY} remove",
           when='REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE'),
    Action(name="WritePolicy", number=5900, command=f'{_POLICY} write "[POLICY]" "[AUTHORITY]"',
           when=f"(POLICY OR AUTHORITY) AND {_INSTALLS}", result="check"),
)  # fmt: skip


def actions(package: Package) -> tuple[Action, ...]:
    """Return what of our own a package does."""
    return (*_ACTIONS, *(_MACHINE_ACTIONS if package.scope is Scope.MACHINE else ()))


def _actions(product: Element, package: Package) -> None:
    """Have our program called; when that is due, tables.py says."""
    agent = _id("f", PurePosixPath(AGENT))
    for action in actions(package):
        is_users = action.execute == "immediate" or package.scope is Scope.USER
        does = (
            {"FileKey": agent, "ExeCommand": action.command, "Return": action.result}
            if action.command
            else {"Property": "NOAUTOSTART", "Value": "1"}
        )
        SubElement(
            product, "CustomAction", Id=action.name, Execute=action.execute,
            Impersonate="yes" if is_users else "no", **does,
        )  # fmt: skip


def _id(kind: str, path: PurePosixPath) -> str:
    """Return an identifier for a path: letters and numbers, not long, the same each time."""
    return kind + uuid.uuid5(_NAMESPACE, str(path)).hex


def _identity(*what: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, " ".join(what))).upper()
