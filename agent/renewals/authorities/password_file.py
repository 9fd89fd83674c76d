"""The password, or the secret, that an administrator has put into a file for an authority."""

from __future__ import annotations

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.settings.config import AuthoritySettings


class PasswordFileError(OdcError):
    """The password for an authority cannot be read."""

    code = "password_file_unreadable"
    sentence = mark("The password of {authority} cannot be read from {file}: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


def password_of(settings: AuthoritySettings) -> str:
    """Return the first line of an authority's ``password_file``, which it must have; PasswordFileError."""
    assert settings.password_file is not None  # the configuration was checked
    try:
        return read_text_file(settings.password_file).partition("\n")[0]
    except (OSError, TextEncodingError) as error:
        raise PasswordFileError(
            authority=settings.name, file=str(settings.password_file), reason=reason_of(error)
        ) from error
