"""A token that is plugged in: what is on it, who is logged in, who has it for himself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.skf_token.codes import PinType, Sar, SkfError
from sandbox.skf_token.pins import Pin, is_right, new_pin
from sandbox.skf_token.state import Application, Container, TokenState, load_state, save_state

ANYBODY = 0
"""The client of a login that is everybody's."""


@dataclass(frozen=True)
class Login:
    """What a right PIN allows until it is cleared: disconnecting does not end it (7.1.6)."""

    application: str
    pin_type: PinType
    client: int


@dataclass
class Device:
    """One token, from being plugged in until it is pulled out."""

    name: str
    path: Path
    state: TokenState
    is_plugged: bool = True
    logins: set[Login] = field(default_factory=set)
    locked_by: int | None = None
    """The client that has the device for himself (SKF_LockDev)."""

    @classmethod
    def plugged(cls, name: str, path: Path) -> Device:
        """Return the token kept in ``path``; SandboxError."""
        return cls(name, path, load_state(path))

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Keep what the block changes; what cannot be kept, or fails, has not been changed."""
        try:
            yield
            save_state(self.path, self.state)
        except OSError as error:
            self.state = load_state(self.path)
            raise SkfError(Sar.FAIL) from error
        except BaseException:
            self.state = load_state(self.path)
            raise

    def need_room(self, more: int) -> None:
        """Raise NO_ROOM where there is no room for so many bytes more."""
        if more > self.state.free_bytes:
            raise SkfError(Sar.NO_ROOM)

    def application(self, name: str) -> Application:
        """Return an application; NO_APPLICATION."""
        for application in self.state.applications:
            if application.name == name:
                return application
        raise SkfError(Sar.NO_APPLICATION)

    def container(self, application: str, name: str) -> Container:
        """Return a container; FILE_MISSING."""
        for container in self.application(application).containers:
            if container.name == name:
                return container
        raise SkfError(Sar.FILE_MISSING)

    def pin(self, application: str, pin_type: int) -> Pin:
        """Return one of an application's two PINs; USER_TYPE."""
        found = self.application(application)
        if pin_type == PinType.USER:
            return found.user_pin
        if pin_type == PinType.ADMINISTRATOR:
            return found.administrator_pin
        raise SkfError(Sar.USER_TYPE)

    def try_pin(self, application: str, pin_type: int, digits: bytes) -> None:
        """Compare; a wrong PIN costs a try, a right one gives all back.

        The try is gone, on disk, before it is looked at: a kill in between must not give one for nothing.

        Raises:
            SkfError: PIN_INCORRECT or PIN_LOCKED, with the tries that are left.
        """
        if not self.pin(application, pin_type).tries_left:
            raise SkfError(Sar.PIN_LOCKED, 0)
        with self.changing():
            self.pin(application, pin_type).tries_left -= 1
        pin = self.pin(application, pin_type)
        if not is_right(pin, digits):
            code = Sar.PIN_INCORRECT if pin.tries_left else Sar.PIN_LOCKED
            raise SkfError(code, pin.tries_left)
        with self.changing():
            self.restore_tries(application, pin_type)

    def restore_tries(self, application: str, pin_type: int) -> None:
        """Give all tries back."""
        pin = self.pin(application, pin_type)
        pin.tries_left = pin.tries_most

    def set_pin(self, application: str, pin_type: int, digits: bytes) -> None:
        """Replace a PIN; PIN_LENGTH, PIN_INVALID."""
        new = new_pin(digits, tries=self.pin(application, pin_type).tries_most)
        with self.changing():
            if pin_type == PinType.USER:
                self.application(application).user_pin = new
            else:
                self.application(application).administrator_pin = new

    def has_login(self, application: str, pin_type: PinType, client: int) -> bool:
        """Return whether a client may do what the PIN allows."""
        whose = (Login(application, pin_type, client), Login(application, pin_type, ANYBODY))
        return any(login in self.logins for login in whose)

    def log_out(self, application: str, client: int | None = None) -> None:
        """End the logins of an application, a client's alone where one is named."""
        self.logins = {
            login
            for login in self.logins
            if login.application != application or client not in (None, login.client)
        }
