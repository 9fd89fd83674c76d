"""What a package has that Debian's wixl has no elements for: statements of Windows Installer's SQL.

So are all its sentences: wixl writes none but ASCII, since it sets no code page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from wxs import (
    FEATURE,
    NO_AUTOSTART,
    NO_RIGHT,
    NOT_OLDER,
    SYSTEM_WANTED,
    Package,
    Scope,
    actions,
)

from native_host.identity import HOST_NAME

Value: TypeAlias = str | int

_SAME_VERSION = 1 | 256 | 512  # MigrateFeatures, VersionMinInclusive, VersionMaxInclusive
_64_BIT, _KEY_IN_REGISTRY = 256, 4  # of a component
_64_BIT_VALUE = 2 | 16  # msidbLocatorTypeRawValue, …64bit
NO_RIGHT_ACTION = "NoRight"
_ENDS_WITH_A_SENTENCE = 19  # a type of custom action
_TOLD = ("NOAUTOSTART", "KEPT_NOAUTOSTART", "POLICY", "AUTHORITY")
"""What an administrator may say; Windows hands to the part that may write only what is listed."""
_FOUND = ("SAME_VERSION_FOUND", "WIX_DOWNGRADE_DETECTED", "WIX_UPGRADE_DETECTED")


@dataclass(frozen=True)
class _Column:
    """A column of a table that wixl does not make."""

    name: str
    size: int
    can_be_empty: bool = False

    def __str__(self) -> str:
        return f"`{self.name}` CHAR({self.size})" + ("" if self.can_be_empty else " NOT NULL")


def statements(package: Package) -> list[str]:
    """Return the statements for a package that wixl has made."""
    return [
        *_words(package),
        *_for_64_bits(package),
        *_conditions(package),
        *_upgrades(package),
        *_refusal(package),
        *_path(package),
        *_shortcut_identity(),
        *(_sequence(each.name, each.number, each.when) for each in actions(package)),
        # Within the transaction: where the new version cannot be installed the old one is back.
        "DELETE FROM `InstallExecuteSequence` WHERE `Action` = 'RemoveExistingProducts'",
        _sequence("RemoveExistingProducts", 1501),
    ]


def _words(package: Package) -> Iterator[str]:
    """Say everything in the package's language."""
    yield _update("Property", "ProductName", Value=package.name)
    yield _update("Feature", FEATURE, Title=package.name)
    yield _update("Registry", "display_name", Value=package.words("name"))
    yield _update(
        "Shortcut", "menu_entry",
        Name=f"ODCAGENT|{package.words('name')}", Description=package.words("about"),
    )  # fmt: skip
    for condition, what in ((NOT_OLDER, "newer"), (SYSTEM_WANTED, "system")):
        yield (
            f"UPDATE `LaunchCondition` SET `Description` = {_literal(package.words(what))} "  # noqa: S608 - ours
            f"WHERE `Condition` = {_literal(condition)}"
        )


def _for_64_bits(package: Package) -> Iterator[str]:
    """Have registry and folders be those of 64-bit programs."""
    yield f"UPDATE `Component` SET `Attributes` = {_64_BIT}"  # noqa: S608 - ours
    for name in ("browsers", "identity", "login", "no_login", "menu"):
        yield _update("Component", package.component(name), Attributes=_64_BIT | _KEY_IN_REGISTRY)
    yield _update("RegLocator", "kept_noautostart", key="Signature_", Type=_64_BIT_VALUE)


def _conditions(package: Package) -> Iterator[str]:
    """Have the start at login be written, or the word that there is none."""
    yield _update("Component", package.component("login"), Condition=f"NOT ({NO_AUTOSTART})")
    yield _update("Component", package.component("no_login"), Condition=NO_AUTOSTART)


def _upgrades(package: Package) -> Iterator[str]:
    """Have older versions be replaced, and this one in the other language.

    They are told which feature to remove, their only one: an installer that does not tell them of the
    upgrade, as Wine's, thus does not tell them to remove everything either (RemovePolicy).
    """
    yield _insert(
        "Upgrade",
        UpgradeCode=f"{{{package.upgrade_code}}}", VersionMin=package.version, VersionMax=package.version,
        Attributes=_SAME_VERSION, ActionProperty=_FOUND[0],
    )  # fmt: skip
    for found in (_FOUND[0], _FOUND[2]):
        yield _update("Upgrade", found, key="ActionProperty", Remove=FEATURE)
    yield _update("Property", "SecureCustomProperties", Value=";".join((*_TOLD, *_FOUND)))


def _refusal(package: Package) -> Iterator[str]:
    """Have who may not install for everybody told what else there is, in the log where nothing is shown.

    As an action: a launch condition would be asked before Windows asks for an administrator (Guidelines for
    Packages, Windows Installer SDK).
    """
    if package.scope is Scope.MACHINE:
        yield _insert(
            "CustomAction",
            Action="NoRight",
            Type=_ENDS_WITH_A_SENTENCE,
            Target=package.words("no right"),
        )
        yield _sequence(NO_RIGHT_ACTION, 110, NO_RIGHT)


def _path(package: Package) -> Iterator[str]:
    """Have prompts find the command: at the end of PATH, taken out again with the program."""
    yield _create(
        _Column("Environment", 72), _Column("Name", 255), _Column("Value", 255, True),
        _Column("Component_", 72), table="Environment",
    )  # fmt: skip
    name = "=-*PATH" if package.scope is Scope.MACHINE else "=-PATH"
    yield _insert(
        "Environment",
        Environment="path", Name=name, Value="[~];[INSTALLFOLDER]",
        Component_=package.component("identity"),
    )  # fmt: skip
    yield _sequence("RemoveEnvironmentStrings", 3300)
    yield _sequence("WriteEnvironmentStrings", 5200)


def _shortcut_identity() -> Iterator[str]:
    """Have Windows know by the Start menu whose notices are whose."""
    table = "MsiShortcutProperty"
    yield _create(
        _Column(table, 72), _Column("Shortcut_", 72), _Column("PropertyKey", 255),
        _Column("PropVariantValue", 255), table=table,
    )  # fmt: skip
    yield _insert(
        table,
        MsiShortcutProperty="app_id", Shortcut_="menu_entry", PropertyKey="System.AppUserModel.ID",
        PropVariantValue=HOST_NAME,
    )  # fmt: skip


def _sequence(action: str, number: int, condition: str = "") -> str:
    """Put an action at its place among all that is done."""
    return _insert("InstallExecuteSequence", Action=action, Condition=condition, Sequence=number)


def _create(*columns: _Column, table: str) -> str:
    return (
        f"CREATE TABLE `{table}` ({', '.join(map(str, columns))} PRIMARY KEY `{columns[0].name}`)"
    )


def _insert(table: str, **values: Value) -> str:
    named = ", ".join(f"`{column}`" for column in values)
    given = ", ".join(map(_literal, values.values()))
    return f"INSERT INTO `{table}` ({named}) VALUES ({given})"  # noqa: S608 - ours


def _update(table: str, row: str, *, key: str = "", **values: Value) -> str:
    """Return what changes a row; the key's column mostly is called like its table."""
    given = ", ".join(f"`{column}` = {_literal(value)}" for column, value in values.items())
    return f"UPDATE `{table}` SET {given} WHERE `{key or table}` = '{row}'"  # noqa: S608 - ours


def _literal(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
