"""The ways in which people write a date, and those that no calendar has."""

import pytest

from fruits.deliver.day import mmaaaa, parse_day
from fruits.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "day", "month"),
    [
        ("11/2026", "2026-11-01", "112026"),
        ("3/2026", "2026-03-01", "032026"),
        ("2026-11", "2026-11-01", "112026"),
        ("2026-11-28", "2026-11-28", "112026"),
        ("28/11/2026", "2026-11-28", "112026"),
        (" 01/02/2027 ", "2027-02-01", "022027"),
    ],
)
def test_a_month_or_a_day_is_read_in_french_and_in_iso_order(text, day, month):
    assert parse_day(text).isoformat() == day
    assert mmaaaa(parse_day(text)) == month


@pytest.mark.parametrize(
    "text", ["", "2026", "november 2026", "11-2026", "11/26", "13/2026", "31/02/2026", "2026-11-31",
             "11/28/2026", "2026/11/28", "2026-11-28T10:00"]
)  # fmt: skip
def test_anything_else_is_refused_with_the_forms_that_there_are(text):
    with pytest.raises(ConfigError, match="write 11/2026, 28/11/2026, 2026-11 or 2026-11-28"):
        parse_day(text)


@pytest.mark.parametrize("text", ["11/1979", "2108-01", "0001-01"])
def test_a_year_that_no_zip_archive_has_is_refused(text):
    with pytest.raises(ConfigError, match="from 1980 to 2107"):
        parse_day(text)
