"""The papers an applicant can be identified by (经办人证件号码), told by the number's form. Pure.

GB 11643 gives citizens, residents from Hong Kong, Macao and Taiwan, and (since 2023) foreigners with
permanent residence 17 digits and a check character: region, date of birth, order, ISO 7064 MOD 11-2.
The county is not looked up: tables of counties age, and a person must not be refused by an old one.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum, unique

from stdnum.cn import ric

from agent.ground.language import mark


@unique
class IdPaper(StrEnum):
    """A kind of identity paper."""

    RESIDENT_ID = "resident_id"  # 居民身份证
    HK_MACAO_TAIWAN_RESIDENCE = "hk_macao_taiwan_residence"  # 港澳台居民居住证
    PERMANENT_RESIDENCE = "permanent_residence"  # 外国人永久居留身份证
    HK_MACAO_PERMIT = "hk_macao_permit"  # 港澳居民来往内地通行证
    TAIWAN_PERMIT = "taiwan_permit"  # 台湾居民来往大陆通行证
    PASSPORT = "passport"


PAPER_NAMES = {
    IdPaper.RESIDENT_ID: mark("resident ID card"),
    IdPaper.HK_MACAO_TAIWAN_RESIDENCE: mark(
        "residence permit for Hong Kong, Macao and Taiwan residents"
    ),
    IdPaper.PERMANENT_RESIDENCE: mark("foreign permanent resident ID card"),
    IdPaper.HK_MACAO_PERMIT: mark("mainland travel permit for Hong Kong and Macao residents"),
    IdPaper.TAIWAN_PERMIT: mark("mainland travel permit for Taiwan residents"),
    IdPaper.PASSPORT: mark("passport"),
}

# GB/T 2260: the first two digits of a region. 81 to 83 are used by residence permits.
_PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
_PROVINCES = frozenset(
    str(code) for first, last in _PROVINCE_RANGES for code in range(first, last + 1)
)
_EIGHTEEN = re.compile("[0-9]{17}[0-9X]")
_FIRST_GENERATION = re.compile("[0-9]{15}")
_OLD_PERMANENT_RESIDENCE = re.compile("[A-Z]{3}[0-9]{12}")
# H or M, the holder's number for life, and on older cards how often it was renewed.
_HK_MACAO_PERMIT = re.compile("[HM][0-9]{8}([0-9]{2})?")
# 8 digits for life; before 2015 ten digits, often with a check letter in brackets.
_TAIWAN_PERMIT = re.compile(r"[0-9]{8}|[0-9]{10}(\([A-Z]\))?")
# ICAO Doc 9303: at most 9 letters and digits; every state's numbers have several digits.
_PASSPORT = re.compile("(?=(?:.*[0-9]){4})[A-Z0-9]{6,9}")
_DIGITS = re.compile("[0-9]{11,}X?")


def find_paper(number: str) -> IdPaper | None:
    """Return the kind of paper a number has the form of; None where it has none's."""
    number = number.upper()
    if _EIGHTEEN.fullmatch(number):
        return _paper_of_eighteen(number)
    forms = (
        (_FIRST_GENERATION, IdPaper.RESIDENT_ID),
        (_OLD_PERMANENT_RESIDENCE, IdPaper.PERMANENT_RESIDENCE),
        (_HK_MACAO_PERMIT, IdPaper.HK_MACAO_PERMIT),
        (_TAIWAN_PERMIT, IdPaper.TAIWAN_PERMIT),
        (_PASSPORT, IdPaper.PASSPORT),
    )
    return next((paper for form, paper in forms if form.fullmatch(number)), None)


def id_number_problem(number: str) -> str | None:
    """Return the sentence for what is wrong with the number of an identity paper, if anything is."""
    number = number.upper()
    if _EIGHTEEN.fullmatch(number):
        return _eighteen_problem(number)
    if _FIRST_GENERATION.fullmatch(number):
        # Out of use since 2013-01-01 (居民身份证法, amended 2011).
        return mark("ID cards with 15 digits ended in 2013. Enter the number with 18 characters.")
    if _DIGITS.fullmatch(number):
        return mark("A resident ID number has 18 characters.")
    if _OLD_PERMANENT_RESIDENCE.fullmatch(number) and not _is_day(f"20{number[7:13]}"):
        return mark("The date of birth in this number is not a day that there is.")
    if find_paper(number) is None:
        return mark("This is not the number of an ID card, a travel permit or a passport.")
    return None


def _paper_of_eighteen(number: str) -> IdPaper:
    if number.startswith("9"):
        return IdPaper.PERMANENT_RESIDENCE
    if number[:2] in {"81", "82", "83"}:
        return IdPaper.HK_MACAO_TAIWAN_RESIDENCE
    return IdPaper.RESIDENT_ID


def _eighteen_problem(number: str) -> str | None:
    """Check the parts of a GB 11643 number; the part that is wrong is named before the whole."""
    # A foreigner's number has the region after the 9 (国家移民管理局, 2023).
    region = number[1:3] if number.startswith("9") else number[:2]
    if region not in _PROVINCES:
        return mark("The region in this ID number does not exist.")
    if not _is_day(number[6:14]):
        return mark("The date of birth in this number is not a day that there is.")
    if ric.calc_check_digit(number) != number[-1]:
        return mark("The ID number's check digit is not right.")
    return None


def _is_day(digits: str) -> bool:
    try:
        day = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day.year >= 1900
