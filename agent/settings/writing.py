"""Changing one key of a configuration file; comments and order stay."""

from __future__ import annotations

from pathlib import Path

from agent.ground.text_files import read_text_file
from agent.system.files import write_private


def write_key(file: Path, key: str, value: object) -> None:
    """Set ``key`` to a plain ``value``, or take it out where that is None; all at once or not at all.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: it is not TOML.
    """
    # Here: who changes no setting need not load it.
    import tomlkit  # noqa: PLC0415
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    file = file.resolve()  # a link stays a link
    try:
        text = read_text_file(file)
    except FileNotFoundError:
        text = ""
    try:
        document = tomlkit.parse(text)
        *tables, name = key.split(".")
        holder: tomlkit.TOMLDocument | tomlkit.items.Table = document
        for table in tables:
            if table not in holder:
                holder[table] = tomlkit.table()
            holder = holder[table]
        if value is None:
            holder.pop(name, None)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            holder[name] = _tables(value)
        else:
            holder[name] = value
        written = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ValueError(str(error)) from error
    write_private(file, written.encode())


def _tables(rows: list[dict[str, object]]) -> object:
    """Return rows as ``[[key]]`` tables, as people write them."""
    import tomlkit  # noqa: PLC0415

    tables = tomlkit.aot()
    for row in rows:
        table = tomlkit.table()
        table.update(row)
        tables.append(table)
    return tables
