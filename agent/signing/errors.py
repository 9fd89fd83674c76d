"""What can be wrong with a wish to sign, or with what was signed."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark


class NotForSigningError(OdcError):
    """The certificate is not one that documents are signed with."""

    code = "not_for_signing"
    sentence = mark("Only an organisation's signing certificate signs documents.")
    advice = mark("Choose the signing certificate of the pair.")


class CertificateExpiredError(OdcError):
    """The certificate's time is over; no PIN is asked for."""

    code = "certificate_expired"
    sentence = mark("The certificate has expired, so nobody can log in or sign with it.")
    advice = mark("Renew it, then try again.")


class CertificateNotYetValidError(OdcError):
    """The certificate's time has not come; no PIN is asked for."""

    code = "certificate_not_yet_valid"
    sentence = mark("The certificate is not valid yet.")
    advice = mark("Check this computer's date and time, or wait for the day it begins.")


class CertificateUnreadableError(OdcError):
    """No signature can be made with it."""

    code = "certificate_signs_nothing"
    sentence = mark("This certificate is damaged, or of a kind that signs nothing here.")
    advice = mark("Have a new certificate issued at the authority's service desk.")


class DocumentUnreadableError(OdcError):
    """A document, or its signature, cannot be read."""

    code = "document_unreadable"
    sentence = mark("The file {file} cannot be read: {reason}")
    advice = mark("Choose the file again.")


class DocumentChangedError(OdcError):
    """What would be signed is not what was shown."""

    code = "document_changed"
    sentence = mark("The file {file} was changed meanwhile, so it was not signed.")
    advice = mark("Look at it and sign it again.")


class OwnMessageError(OdcError):
    """Somebody tries to have the organisation apply for a certificate, or does so by mistake."""

    code = "own_message"
    sentence = mark(
        "{file} reads like an application for a certificate. Such a text is not signed as a document."
    )


class SignatureExistsError(OdcError):
    """A signature lies beside the document already, and is not overwritten."""

    code = "signature_exists"
    sentence = mark("The signature {file} is there already. It is not overwritten.")
    advice = mark("Move it elsewhere, or verify it.")


class SignatureNotWrittenError(OdcError):
    """The document was signed, and the signature could not be kept."""

    code = "signature_not_written"
    sentence = mark("The signature {file} cannot be written: {reason}")
    advice = mark("Copy the document to a folder you may write to, and sign it there.")


class SigningGivenUpError(OdcError):
    """Who wanted several documents signed went away before this one's turn."""

    code = "signing_given_up"
    sentence = mark("It was not signed any more, since signing was broken off.")


class SignatureMissingError(OdcError):
    """There is nothing to verify."""

    code = "signature_missing"
    sentence = mark("There is no signature {file}.")
    advice = mark("Say where it is, or choose the signature itself.")


class SignatureMalformedError(OdcError):
    """It is no signature that is read here."""

    code = "signature_malformed"
    sentence = mark("{file} is not a signature that can be read here.")
    advice = mark(
        "CMS (PKCS#7) signatures of one signer are read, as files ending in .p7s or .p7m."
    )


class SignatureWrongError(OdcError):
    """Document and signature do not belong together, or one of them was changed."""

    code = "signature_wrong"
    sentence = mark("The signature is not right: the document or the signature was changed.")
    advice = mark("Ask who signed it for both files again.")
