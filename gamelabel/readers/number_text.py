"""Text that is all numbers, read as numbers, so that 10 comes after 2 and "1.0" is 1."""

from __future__ import annotations

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
    names = pd.Series(pd.concat([pd.Series(column.unique()) for column in columns]).unique())
    names = names.astype("str")
    if not len(names):
        return list(columns)
    if names.str.fullmatch(_WHOLE).all():
        return [column.astype("str").str.split(".").str[0].astype("int64") for column in columns]
    if decimals and (names.str.fullmatch(_DECIMAL) & names.str.contains(r"\d")).all():
        return [column.astype(float) for column in columns]
    whole = names[names.str.fullmatch(_WHOLE)].str.split(".").str[0]
    repeated = names[whole.index[whole.duplicated(keep=False)]]
    if len(repeated):
        alike = repeated[whole[repeated.index] == whole[repeated.index[0]]]
        raise ValueError(
            f"{' and '.join(map(repr, alike[:2]))} are the same number written in two ways, in a "
            "column that has other text too: write it in one way"
        )
    return list(columns)
