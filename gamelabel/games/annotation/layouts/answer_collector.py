"""Collects what a file says into an `AnswerSet`; what cannot be used is rejected with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gamelabel.games.annotation.answer_tables import StoredAnswer
from gamelabel.games.annotation.answers import (
    AnswerError,
    check_category,
    check_chosen,
    check_issues,
    check_missing_words,
    check_places,
    check_points,
    check_ratings,
)
from gamelabel.games.annotation.layouts.answer_set import (
    AnnotatedPrompt,
    AnswerSet,
    PictureSize,
    RejectedAnswer,
    RowPlace,
)
from gamelabel.games.annotation.layouts.picture_folder import picture_in_folder
from gamelabel.games.annotation.task_kinds import prompt_words
from gamelabel.tables.rows import RejectedRow, is_text
from gamelabel.tables.upright_pictures import upright_size


class AnswerCollector:
    """Checks prompts, pictures and answers one by one, and keeps those that are right.

    Parameters
    ----------
    pictures : Path, optional
        The folder of the pictures. If it is given, every picture has to be there.
    close_gaps : bool, default False
        Whether rankings with gaps, such as places 1, 2 and 4, are renumbered, not rejected.

    Attributes
    ----------
    result : AnswerSet
        What was kept, and what was rejected.

    Examples
    --------
    >>> collector = AnswerCollector()
    >>> place = RowPlace("answers.json", 0)
    >>> collector.add_prompt(place, "p1", "a star", ["1.png"])
    >>> ratings = {"overall": 9, "alignment": 4, "fidelity": 4}
    >>> collector.add(place, "ann", "p1", "rate", ["1.png"], ratings)
    >>> [str(rejected) for rejected in collector.result.rejected]
    ['answers.json, row 0: rate overall has to be 1 to 7, not 9']
    """

    def __init__(self, pictures: Path | None = None, close_gaps: bool = False) -> None:
        self.result = AnswerSet()
        self._folder, self._close_gaps = pictures, close_gaps
        self._missing: set[tuple[str, str]] = set()
        self._given: set[tuple[Any, ...]] = set()

    def reject(self, place: RowPlace, column: str, reason: str) -> None:
        """Note that something at a place was left out."""
        self.result.rejected.append(RejectedAnswer(*place, column, reason))

    def add_prompt(
        self,
        place: RowPlace,
        prompt_id: str,
        text: str,
        pictures: Sequence[str],
        sizes: Mapping[str, PictureSize] | None = None,
    ) -> None:
        """Add a prompt, or further pictures of one that is there.

        Parameters
        ----------
        place : RowPlace
            Where it stands.
        prompt_id, text : str
            Its name and its words.
        pictures : sequence of str
            The names of its pictures.
        sizes : mapping of str to tuple of int, optional
            Their widths and heights, unless the files are there to say them.
        """
        known = self.result.prompts.get(prompt_id)
        if known and known.text != text:
            self.reject(
                place,
                "prompt_id",
                f"{prompt_id!r} has other words than before: give one of the two prompts another "
                "id",
            )
            return
        if not prompt_id or not text.strip() or "\0" in text or not is_text(prompt_id + text):
            reason = f"{text!a:.60} is not the text of a prompt with an id: correct it"
            self.reject(place, "prompt", reason)
            return
        prompt = known or self.result.prompts.setdefault(prompt_id, AnnotatedPrompt(text, {}))
        for number, picture in enumerate(pictures):
            if picture in pictures[:number]:
                self.reject(place, "picture", f"{picture!r} is there twice: list it once")
            elif picture not in prompt.pictures and (prompt_id, picture) not in self._missing:
                self._add_picture(place, prompt_id, picture, (sizes or {}).get(picture))

    def _add_picture(
        self, place: RowPlace, prompt_id: str, picture: str, size: PictureSize
    ) -> None:
        try:
            if self._folder is not None:
                size = picture_size(picture, self._folder)
            self.result.prompts[prompt_id].pictures[picture] = size
        except RejectedRow as rejection:
            [(_, reason)] = rejection.faults
            self._missing.add((prompt_id, picture))
            self.reject(place, "picture", f"{reason}; its answers are left out")

    def add(
        self,
        place: RowPlace,
        annotator_id: str,
        prompt_id: str,
        kind: str,
        pictures: Sequence[str],
        value: Mapping[str, Any],
        response_ms: int | None = None,
        answered_ms: int | None = None,
        answer_id: str = "",
    ) -> None:
        """Add an answer.

        Parameters
        ----------
        place : RowPlace
            Where it stands.
        annotator_id, prompt_id, kind : str
            Who gave it, to which prompt, and the kind of task.
        pictures : sequence of str
            The names of the pictures that it is about; for `compare` the left one first.
        value : mapping
            What `answers` checks, except `places` of `rank`, a number for each picture, and
            `chosen` of `compare`, a picture's name; `problematic` may be None.
        response_ms, answered_ms : int, optional
            How long it took, and when it was given, in milliseconds since 1970.
        answer_id : str, optional
            Its name; by default made of the others.
        """
        prompt = self.result.prompts.get(prompt_id)
        if prompt is None:
            self.reject(place, "prompt_id", f"{prompt_id!r} is not a prompt that could be read")
            return
        if not annotator_id or not is_text(annotator_id):
            self.reject(place, "annotator", "has no name: say who answered")
            return
        try:
            kept, answer = self._checked(kind, prompt_id, prompt, pictures, dict(value))
            if kept is None:
                return  # about a picture whose file is missing, which was reported
            # both orders of a pair are the same question
            about = tuple(sorted(kept)) if kind in ("compare", "rank") else tuple(kept)
            key = (annotator_id, prompt_id, kind, about)
            if key in self._given:
                raise AnswerError(f"was answered by {annotator_id!r} before: keep one answer")
        except AnswerError as error:
            self.reject(place, kind, str(error))
            return
        self._given.add(key)
        order = list(prompt.pictures)
        numbers = "-".join(str(order.index(picture)) for picture in kept)
        name = answer_id or "-".join(filter(None, [prompt_id, annotator_id, kind, numbers]))
        stored = StoredAnswer(
            answer_id=name,
            annotator_id=annotator_id,
            prompt_id=prompt_id,
            prompt=prompt.text,
            kind=kind,
            pictures=kept,
            about=tuple(range(len(kept))),
            answer=answer,
            response_ms=response_ms,
            answered_ms=answered_ms,
        )
        self.result.answers.append(stored)

    def _checked(
        self,
        kind: str,
        prompt_id: str,
        prompt: AnnotatedPrompt,
        pictures: Sequence[str],
        value: dict[str, Any],
    ) -> tuple[list[str] | None, dict[str, Any]]:
        """Return the pictures of an answer and the answer as it is stored.

        Without the pictures whose files are missing; the pictures are None if none is left.
        """
        for picture in pictures:
            if picture not in prompt.pictures and (prompt_id, picture) not in self._missing:
                raise AnswerError(f"names {picture!r}, which is not a picture of its prompt")
        if len(set(pictures)) < len(pictures):
            raise AnswerError("names a picture twice: keep one")
        kept = [picture for picture in pictures if picture in prompt.pictures]
        if kind == "rank":
            places = self._places(pictures, value.get("places"), kept)
            order = list(prompt.pictures)
            numbers = sorted(range(len(kept)), key=lambda number: order.index(kept[number]))
            kept, places = [kept[i] for i in numbers], [places[i] for i in numbers]
            return (kept if len(kept) > 1 else None), _tied(places)
        if len(kept) < len(pictures):
            return None, {}
        return kept, _checked_answer(kind, prompt.text, kept, value)

    def _places(self, pictures: Sequence[str], places: Any, kept: Sequence[str]) -> list[int]:
        """Return the place of each kept picture, without gaps."""
        if not isinstance(places, Sequence) or len(places) != len(pictures):
            raise AnswerError("needs a place for each picture")
        for picture, place in zip(pictures, places, strict=True):
            if place is None:
                raise AnswerError(f"gives no place to {picture!r:.60}: give it one")
            if type(place) is not int or place < 1:
                raise AnswerError(f"has the place {place!r:.40}: places are whole numbers from 1")
        gap = next((n for n in range(1, max(places)) if n not in places), 0) if places else 0
        if gap and not self._close_gaps:
            raise AnswerError(
                f"has the place {max(places)}, but no picture at place {gap}: number places "
                "without gaps, or let --close-gaps do it"
            )
        left = [place for picture, place in zip(pictures, places, strict=True) if picture in kept]
        numbered = {place: number for number, place in enumerate(sorted(set(left)), 1)}
        return [numbered[place] for place in left]


def picture_size(picture: str, folder: Path) -> tuple[int, int]:
    """Return width and height of a picture in a folder; raise RejectedRow if it has none.

    Parameters
    ----------
    picture : str
        Its path in the folder, or the address of an upload; see `picture_in_folder`.
    folder : Path
        The folder.
    """
    import io

    from PIL import Image

    with Image.open(io.BytesIO(picture_in_folder(picture, folder))) as image:
        return upright_size(image)


def _tied(places: Sequence[int]) -> dict[str, Any]:
    tied = [
        [number for number, place in enumerate(places) if place == at]
        for at in range(1, max(places, default=0) + 1)
    ]
    return check_places({"places": tied}, range(len(places)))


def _checked_answer(
    kind: str, text: str, pictures: Sequence[str], value: dict[str, Any]
) -> dict[str, Any]:
    """Return an answer that is not a ranking as it is stored, or raise AnswerError."""
    if kind == "rate":
        return check_ratings(value)
    if kind == "issues":
        issues = value.get("issues")
        known = [name for name in issues if isinstance(name, str)] if issues else []
        return check_issues(value, dict.fromkeys(known))
    if kind == "words":
        return check_missing_words(value, prompt_words(text))
    if kind == "regions":
        return check_points(value)
    if kind == "categorise":
        category, problematic = value.get("category"), value.get("problematic")
        if not isinstance(category, str) or not category.strip() or not is_text(category):
            raise AnswerError(f"has the category {category!a:.40}: give its name")
        if problematic is None:
            return {"category": category, "problematic": None}
        return check_category(value, [category])
    chosen = value.get("chosen")
    if chosen not in pictures or len(pictures) != 2:
        raise AnswerError(f"chooses {chosen!r:.60}, which is not one of two pictures")
    return check_chosen({"chosen": pictures.index(chosen)}, range(2))
