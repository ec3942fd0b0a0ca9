"""What a result of Label Studio says: the tags of an annotation project, and their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from gamelabel.games.annotation.answers import AnswerError
from gamelabel.games.annotation.layouts.prompt_spans import words_in_span, words_of_phrases
from gamelabel.games.annotation.task_kinds import RATINGS
from gamelabel.readers.json_records import json_text

LOCAL_FILES = "/data/local-files/?d="
# kinds whose answer may be empty, which needs a mark of its own
MAY_BE_EMPTY = ("issues", "words", "regions")
LABEL_STUDIO_TAGS = (
    "category",
    "problematic",
    *RATINGS,
    *MAY_BE_EMPTY,
    "nothing",
    "rank",
    "better",
)
_YES_NO = {"yes": True, "no": False}


def picture_address(picture: str) -> str:
    """Return the address under which Label Studio serves a file; addresses stay as they are.

    >>> picture_address("set 1/a.png"), picture_address("https://example.org/a.png")
    ('/data/local-files/?d=set%201/a.png', 'https://example.org/a.png')
    """
    return picture if "://" in picture else LOCAL_FILES + quote(picture)


def picture_name(address: str) -> str:
    """Return the name of a picture, the inverse of `picture_address`.

    >>> picture_name("/data/local-files/?d=set%201/a.png")
    'set 1/a.png'
    """
    if not address.startswith(LOCAL_FILES):
        return address
    return parse_qs(urlsplit(address.replace("+", "%2B")).query).get("d", [address])[0]


@dataclass
class ToolAnswers:
    """The answers of one person to one task, combined from its results.

    Parameters
    ----------
    prompt : str
        The prompt.
    items : sequence of str
        The names of the items that are ranked, in the order of the pictures.
    n_pictures : int
        How many pictures the task has.

    Attributes
    ----------
    values : dict
        What the results say, by the kind of task and the number of the picture; -1 for kinds that
        are not about one picture.
    broken : set
        The keys of answers a part of which could not be read, so that the rest means something
        else.
    """

    prompt: str
    items: Sequence[str]
    n_pictures: int
    values: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    broken: set[tuple[str, int]] = field(default_factory=set)
    _last: tuple[str, int] | None = None

    def add(self, tag: str, result: dict[str, Any]) -> None:
        """Add what a result says.

        Parameters
        ----------
        tag : str
            One of `LABEL_STUDIO_TAGS`.
        result : dict
            The result, with `value` and, about a picture, `item_index`.

        Raises
        ------
        AnswerError
            If it is not an answer to its tag; the answer of which it is a part is then broken.
        """
        self._last = None
        try:
            self._add(tag, result)
        except AnswerError:
            if self._last:
                self.broken.add(self._last)
            raise

    def _add(self, tag: str, result: dict[str, Any]) -> None:
        value = result.get("value")
        if not isinstance(value, dict):
            raise AnswerError(f"has the value {json_text(value)}, which is not an object")
        if tag in ("category", "problematic"):
            about = self._at("categorise", -1)
            choice = _one_choice(value)
            if tag == "problematic" and choice not in _YES_NO:
                raise AnswerError(f"is {choice!r:.40}; it has to be yes or no")
            about.setdefault(tag, _YES_NO[choice] if tag == "problematic" else choice)
        elif tag == "rank":
            about = self._at("rank", -1)
            about["places"] = self._places(value.get("ranker"))
        elif tag == "better":
            about, side = self._at("compare", -1), value.get("selected")
            if side not in ("left", "right"):
                raise AnswerError(f"is {json_text(side)}; it has to be left or right")
            about["chosen"] = ("left", "right").index(side)
        elif tag == "words" and "labels" in value:
            self._mark_words(value)
        else:
            self._add_about_one(tag, self._picture(result), value)

    def _at(self, kind: str, picture: int) -> dict[str, Any]:
        self._last = (kind, picture)
        return self.values.setdefault(self._last, {})

    def _picture(self, result: dict[str, Any]) -> int:
        number = result.get("item_index")
        if number is None and self.n_pictures == 1:
            return 0
        if type(number) is not int or not 0 <= number < self.n_pictures:
            raise AnswerError(
                f"has the item_index {json_text(number)}; it has to be the number of one of the "
                f"{self.n_pictures} pictures, from 0"
            )
        return number

    def _add_about_one(self, tag: str, picture: int, value: dict[str, Any]) -> None:
        """Add what is said about one picture."""
        if tag in RATINGS:
            self._at("rate", picture)[tag] = value.get("rating")
        elif tag == "issues":
            ticked = self._at("issues", picture).setdefault("issues", [])
            ticked += _choices(value)
        elif tag == "regions":
            points = self._at("regions", picture).setdefault("points", [])
            points.append([_share(value.get(axis)) for axis in "xy"])
        elif tag == "words":
            named, texts = self._at("words", picture).setdefault("words", set()), value.get("text")
            phrases = texts if isinstance(texts, list) else [texts]
            named |= words_of_phrases(self.prompt, phrases)
        else:
            for kind in _choices(value):
                if kind not in MAY_BE_EMPTY:
                    raise AnswerError(f"is {kind!r:.40}; it has to be of {', '.join(MAY_BE_EMPTY)}")
                self._at(kind, picture)["nothing"] = True

    def _mark_words(self, value: dict[str, Any]) -> None:
        """Add words of the prompt that are marked with the number of a picture."""
        start, end, text = (value.get(name) for name in ("start", "end", "text"))
        for label in value["labels"] if isinstance(value["labels"], list) else [value["labels"]]:
            _, _, number = str(label).rpartition(" ")
            if not number.isdecimal() or not 1 <= int(number) <= self.n_pictures:
                raise AnswerError(
                    f"has the label {label!r:.40}; it has to be Picture 1 to Picture "
                    f"{self.n_pictures}"
                )
            marked = self._at("words", int(number) - 1).setdefault("words", set())
            marked |= words_in_span(self.prompt, start, end, text)

    def _places(self, ranker: Any) -> list[int | None]:
        """Return the place of each item: the number of its bucket, or its place in one list."""
        if not isinstance(ranker, dict) or not all(isinstance(v, list) for v in ranker.values()):
            raise AnswerError(f"is {json_text(ranker)}, not an object of lists")
        places: list[int | None] = [None] * len(self.items)
        if len(ranker) == 1 and not next(iter(ranker)).isdecimal():
            [names] = ranker.values()
            buckets = {str(number): [name] for number, name in enumerate(names, 1)}
        else:
            buckets = ranker
        for bucket, names in buckets.items():
            for name in names:
                if name not in self.items:
                    raise AnswerError(f"names {json_text(name)}, which is not an item of its task")
                if not bucket.isdecimal():
                    raise AnswerError(f"has {name!r:.40} in {bucket!r:.40}: give it a place")
                number = self.items.index(name)
                if places[number] is not None:
                    raise AnswerError(f"has {name!r:.40} at two places: keep one")
                places[number] = int(bucket)
        return places

    def finished(self, kind: str, picture: int) -> dict[str, Any]:
        """Return an answer as `AnswerCollector` takes it; raise AnswerError if it contradicts."""
        value = dict(self.values[kind, picture])
        if kind == "categorise":
            return {name: value.get(name) for name in ("category", "problematic")}
        if value.pop("nothing", False):
            if value:
                raise AnswerError("has marks, and nothing is ticked too: delete one of them")
            return {"points" if kind == "regions" else kind: []}
        if kind == "words":
            return {"words": sorted(value["words"])}
        return value


def _choices(value: dict[str, Any]) -> list[Any]:
    choices = value.get("choices")
    if not isinstance(choices, list):
        raise AnswerError(f"has the choices {json_text(choices)}, which are not a list")
    return choices


def _one_choice(value: dict[str, Any]) -> str:
    choices = _choices(value)
    if len(choices) != 1 or not isinstance(choices[0], str):
        raise AnswerError(f"has {json_text(choices)}; choose one")
    return choices[0]


def _share(percent: Any) -> Any:
    """Return a share of a side; what is not a percentage stays, and is rejected with the answer."""
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
    return percent / 100 if is_number and abs(percent) < 1e6 else percent
