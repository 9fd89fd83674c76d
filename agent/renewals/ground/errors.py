"""What can be wrong with a request about a renewal."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark


class CertificateNotFoundError(OdcError):
    """No certificate with that thumbprint is plugged in."""

    code = "certificate_not_found"
    sentence = mark("This certificate is on none of the tokens that are plugged in.")
    advice = mark("Plug its token in, or look its thumbprint up again.")


class NotRenewableError(OdcError):
    """The certificate is not one that is renewed by itself."""

    code = "not_renewable"
    sentence = mark("Only an organisation's signing certificate can be renewed.")
    advice = mark("Choose the signing certificate of the pair.")


class SkfDriverNeededError(OdcError):
    """An SM2 key seen through PKCS#11, which has no common way to use it."""

    code = "skf_driver_needed"
    sentence = mark(
        "This certificate has an SM2 key, which cannot be used through PKCS#11. Through the token's SKF "
        "driver (GM/T 0016) it can be renewed."
    )
    advice = mark(
        "Install the SKF driver of the token's maker; `odc-agent modules` shows the drivers that are used."
    )


class CertificateTooDamagedError(OdcError):
    """It can be read and dated, but nothing can be made out of it."""

    code = "certificate_damaged"
    sentence = mark("This certificate is damaged and cannot be renewed from here.")
    advice = mark("Have a new certificate issued at the authority's service desk.")


class NoAuthorityError(OdcError):
    """No authority is configured for the certificate's issuer."""

    code = "no_authority"
    sentence = mark("No certification authority is configured for {issuer}.")
    advice = mark("Ask your administrator to add it to the configuration.")


class AuthorityGoneError(NoAuthorityError):
    """The authority a renewal was begun at is no longer in the configuration."""

    code = "authority_gone"
    sentence = mark(
        "The certification authority {authority} is not in the configuration any more."
        " The renewal waits for it."
    )
    advice = mark("Put it back into the configuration: the renewal then goes on by itself.")


class RenewalNotFoundError(OdcError):
    """There is no renewal with that id."""

    code = "renewal_not_found"
    sentence = mark("There is no renewal {id}.")
    advice = mark("List the renewals to see their ids.")


class WrongStateError(OdcError):
    """The renewal is not where this could be done."""

    code = "wrong_state"
    sentence = mark("This cannot be done now: the renewal is in state {state}.")


class RenewalClosedError(OdcError):
    """The authority closed the application."""

    code = "application_closed"
    sentence = mark("The certification authority closed the application ({state}).")
    advice = mark("Start the renewal again.")
