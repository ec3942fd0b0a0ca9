"""Reads a page of the report as a checker of HTML would."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

_WITHOUT_END = {"meta", "img", "col", "br", "wbr", "hr", "link", "input"}


class PageReader(HTMLParser):
    """What a page has: its texts, ids, links, headings; and what is wrong with its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.labelled_by: list[str] = []
        self.links: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.images: list[dict[str, str]] = []
        self.texts: list[str] = []
        self.language = ""
        self._open: list[str] = []
        self.feed(text)
        self.problems += [f"<{tag}> is not closed" for tag in self._open]

    @classmethod
    def of(cls, path: Path) -> PageReader:
        return cls(path.read_text(encoding="utf-8"))

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in _WITHOUT_END:
            self._open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if "aria-labelledby" in values:
            self.labelled_by.append(values["aria-labelledby"])
        if "href" in values:
            self.links.append(values["href"])
        if tag == "html":
            self.language = values.get("lang", "")
        if tag == "img":
            self.images.append(values)
        if tag == "th" and "scope" not in values:
            self.problems.append("a <th> without scope")
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append((int(tag[1:]), ""))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes another tag")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] == "style":
            return
        self.texts.append(data)
        if self._open[-1][0] == "h" and self._open[-1][1:].isdigit():
            level, text = self.headings[-1]
            self.headings[-1] = (level, f"{text}{data}".strip())
