"""How OpenSSL and GnuTLS read a certificate: both libraries in this process, by ctypes.

Their programs read one certificate each; a corpus of hundreds is to take no longer than a moment.
"""

from __future__ import annotations

import ctypes
import datetime as dt
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Reading:
    """What another reader says; None is what it cannot read."""

    not_before: dt.datetime | None
    not_after: dt.datetime | None
    subject: str | None
    """RFC 4514, in the order and with the escapes of that reader."""


def read_by_openssl(der: bytes) -> Reading | None:
    crypto = _openssl()
    begin = ctypes.c_char_p(der)
    certificate = crypto.d2i_X509(None, ctypes.byref(begin), len(der))
    if not certificate:
        return None
    try:
        return Reading(
            _openssl_time(crypto.X509_get0_notBefore(certificate)),
            _openssl_time(crypto.X509_get0_notAfter(certificate)),
            _openssl_name(crypto.X509_get_subject_name(certificate)),
        )
    finally:
        crypto.X509_free(certificate)


def read_by_gnutls(der: bytes) -> Reading | None:
    gnutls = _gnutls()
    certificate = ctypes.c_void_p()
    assert gnutls.gnutls_x509_crt_init(ctypes.byref(certificate)) == 0
    try:
        content = _Datum(ctypes.cast(der, ctypes.c_void_p), len(der))
        if gnutls.gnutls_x509_crt_import(certificate, ctypes.byref(content), 0) != 0:
            return None
        return Reading(
            _gnutls_time(gnutls.gnutls_x509_crt_get_activation_time(certificate)),
            _gnutls_time(gnutls.gnutls_x509_crt_get_expiration_time(certificate)),
            _gnutls_name(certificate),
        )
    finally:
        gnutls.gnutls_x509_crt_deinit(certificate)


class _Time(ctypes.Structure):
    """struct tm."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("sec", "min", "hour", "day", "month", "year")),
        ("_rest", ctypes.c_byte * 64),
    )


class _Datum(ctypes.Structure):
    """gnutls_datum_t."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_uint))


@cache
def _openssl() -> ctypes.CDLL:
    crypto = ctypes.CDLL("libcrypto.so.3")
    pointer = ctypes.c_void_p
    crypto.d2i_X509.argtypes = (pointer, pointer, ctypes.c_long)
    for name in ("d2i_X509", "BIO_new", "BIO_s_mem"):
        getattr(crypto, name).restype = pointer
    for name in ("X509_get0_notBefore", "X509_get0_notAfter", "X509_get_subject_name"):
        getattr(crypto, name).restype = pointer
        getattr(crypto, name).argtypes = (pointer,)
    crypto.X509_free.argtypes = crypto.BIO_free.argtypes = crypto.BIO_new.argtypes = (pointer,)
    crypto.ASN1_TIME_to_tm.argtypes = (pointer, pointer)
    crypto.X509_NAME_print_ex.argtypes = (pointer, pointer, ctypes.c_int, ctypes.c_ulong)
    crypto.BIO_read.argtypes = (pointer, pointer, ctypes.c_int)
    return crypto


def _openssl_time(time: int) -> dt.datetime | None:
    read = _Time()
    if not _openssl().ASN1_TIME_to_tm(time, ctypes.byref(read)):
        return None
    return dt.datetime(
        read.year + 1900, read.month + 1, read.day, read.hour, read.min, read.sec, tzinfo=dt.UTC
    )


def _openssl_name(name: int) -> str | None:
    crypto = _openssl()
    # XN_FLAG_RFC2253 without ASN1_STRFLGS_ESC_MSB: UTF-8 as it is.
    flags = 0x1110317 & ~0x4
    output = crypto.BIO_new(crypto.BIO_s_mem())
    try:
        if crypto.X509_NAME_print_ex(output, name, 0, flags) < 0:
            return None
        text = ctypes.create_string_buffer(65_536)
        size = crypto.BIO_read(output, text, len(text))
        return text.raw[: max(size, 0)].decode()
    finally:
        crypto.BIO_free(output)


@cache
def _gnutls() -> ctypes.CDLL:
    gnutls = ctypes.CDLL("libgnutls.so.30")
    pointer = ctypes.c_void_p
    gnutls.gnutls_x509_crt_deinit.argtypes = (pointer,)
    gnutls.gnutls_x509_crt_deinit.restype = None
    gnutls.gnutls_x509_crt_import.argtypes = (pointer, pointer, ctypes.c_int)
    gnutls.gnutls_x509_crt_get_dn2.argtypes = (pointer, pointer)
    for name in ("activation", "expiration"):
        get = getattr(gnutls, f"gnutls_x509_crt_get_{name}_time")
        get.argtypes, get.restype = (pointer,), ctypes.c_long
    return gnutls


def _gnutls_time(seconds: int) -> dt.datetime | None:
    # -1 is its error, and what is before 1970 comes out as 0.
    return None if seconds <= 0 else dt.datetime.fromtimestamp(seconds, dt.UTC)


def _gnutls_name(certificate: ctypes.c_void_p) -> str | None:
    name = _Datum()
    if _gnutls().gnutls_x509_crt_get_dn2(certificate, ctypes.byref(name)) != 0:
        return None
    try:
        return ctypes.string_at(name.data, name.size).decode()
    except UnicodeDecodeError:  # it passes on what it cannot read
        return None
    finally:
        ctypes.CDLL(None).free(ctypes.c_void_p(name.data))
