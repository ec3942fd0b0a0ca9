"""Text that is all numbers, read as numbers, so that 10 comes after 2 and "1.0" is 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

_WHOLE = r"-?(?:0|[1-9]\d{0,17})(?:\.0*)?"
_DECIMAL = r"-?(?:0|[1-9]\d{0,14})?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?"


def read_numbers(*columns: pd.Series, decimals: bool = False) -> list[pd.Series]:
    """Convert columns of text to numbers if all of their values are numbers.

    Parameters
    ----------
    *columns : Series of str
        Columns with the same kind of names, such as the tasks of the labels and of gold.
    decimals : bool
        Whether decimals are numbers too; if not, only whole numbers are, such as 7 or 7.0.

    Returns
    -------
    list of Series
        Integers if all values are whole, real numbers if not; or the text as it was. Numbers with
        leading zeros, or of more than 18 digits, are names and stay text.

    Raises
    ------
    ValueError
        If the columns stay text, and have a whole number with and without decimals.

    Examples
    --------
    >>> [column] = read_numbers(pd.Series(["10", "2", "3.0"]))
    >>> column.tolist()
    [10, 2, 3]
    >>> read_numbers(pd.Series(["0.5", "1"]), decimals=True)[0].tolist()
    [0.5, 1.0]
    >>> read_numbers(pd.Series(["007", "12"]))[0].tolist()
    ['007', '12']
    """
    coded = [pd.factorize(column) for column in columns]
    names = pd.concat([pd.Series(uniques, dtype="str") for _, uniques in coded])
    names = names.drop_duplicates(ignore_index=True)
    if not len(names):
        return list(columns)
    convert: Callable[[str], float]
    if names.str.fullmatch(_WHOLE).all():
        convert, dtype = _whole_number, "int64"
    elif decimals and (names.str.fullmatch(_DECIMAL) & names.str.contains(r"\d")).all():
        convert, dtype = float, "float64"
    else:
        _check_written_alike(names)
        return list(columns)
    return [
        pd.Series(np.array([convert(name) for name in uniques], dtype)[codes], column.index)
        for column, (codes, uniques) in zip(columns, coded, strict=True)
    ]


def _whole_number(text: str) -> int:
    return int(text.partition(".")[0])


def _check_written_alike(names: pd.Series) -> None:
    """Raise ValueError where text beside other text is a whole number with and without decimals."""
    whole = names[names.str.fullmatch(_WHOLE)].str.split(".").str[0]
    repeated = names[whole.index[whole.duplicated(keep=False)]]
    if len(repeated):
        alike = repeated[whole[repeated.index] == whole[repeated.index[0]]]
        raise ValueError(
            f"{' and '.join(map(repr, alike[:2]))} are the same number written in two ways, in a "
            "column that has other text too: write it in one way"
        )
