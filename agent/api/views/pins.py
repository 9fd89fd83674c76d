"""Where a PIN is to be sent."""

from __future__ import annotations

import msgspec

from agent.tokens.model import PinLimits, PinState
from agent.tokens.pin_sessions import AskedPin
from agent.tokens.pin_states import PinPurpose


class PinPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PIN is to be sent, and what a person should know before entering it."""

    endpoint: str
    """One-time socket of the worker. Where the token has a PIN pad, nothing is sent to it but that
    somebody is there to type; in any case it answers with the outcome."""
    token_label: str
    token_serial: str
    pin_state: PinState
    """The graver of what the token's flags say and what earlier tries showed."""
    tries_left: int | None
    """None where the token tells no number."""
    tries_most: int | None
    is_factory_pin: bool
    """The token says that its PIN is the one it was made with."""
    purpose: PinPurpose
    """What the PIN is for: ``submit``, ``install``, ``change``, ``licence`` or
    ``sign``."""
    has_pin_pad: bool
    """The PIN is typed on the token itself."""
    pin_limits: PinLimits


def pin_prompt(asked: AskedPin) -> PinPrompt:
    """Return what who enters a PIN has to know."""
    offer, token = asked.offer, asked.wish.token
    return PinPrompt(
        endpoint=offer.endpoint,
        token_label=token.label,
        token_serial=token.serial,
        pin_state=offer.pin_state,
        tries_left=offer.tries_left,
        tries_most=offer.tries_most,
        is_factory_pin=offer.is_factory_pin,
        purpose=asked.wish.purpose,
        has_pin_pad=offer.has_pin_pad,
        pin_limits=offer.pin_limits,
    )
