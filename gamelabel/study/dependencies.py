"""Find the definitions and files of this package that a notebook's results depend on.

A notebook depends on each function, class and variable that its code mentions, on what those
mention in turn, and on what the modules that it imports do on import. Where it cannot be known
what a name stands for, everything that it may stand for counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from gamelabel.study.definitions import Definition, Module, parse_module, read_module
from gamelabel.study.hashes import Hashes
from gamelabel.study.notebook_cells import code_of
from gamelabel.study.syntax_trees import Chain

PACKAGE = Path(__file__).resolve().parents[1]
_HARMLESS = {"functools:partial", "gamelabel.files:shipped"}  # they only return something
# with these, code reaches what it does not mention
_ANYTHING = {"__import__", "eval", "exec", "import_module"}
_ANYTHING_BY_ATTRIBUTE = {"__subclasses__", "import_module"}  # model.eval() is harmless
# these import what a task file names; the tasks of the study mention what they name
_IMPORTS_BY_TASK = {"gamelabel.games.play.environments", "gamelabel.games.play.trained_policies"}
_ANYTHING_HERE = {"__annotations__", "get_type_hints", "globals"}
_FILES_HERE = {"__file__", "__package__", "__path__", "__spec__"}
_SHIPPED = ("data/", "examples/")  # folders of the project with files that modules read by path
_NO_CODE = ("data/cache", "data/runs")  # results, and downloads, which have checksums
_STEPS = "gamelabel.study.steps"  # names files that other modules read


def dependencies(
    notebook: Path, hashes: Hashes | None = None, package: Path = PACKAGE
) -> dict[str, str]:
    """Return what a notebook depends on in the package.

    Parameters
    ----------
    notebook : Path
        The notebook.
    hashes : Hashes, optional
        The cache of the hashes of files.
    package : Path
        The folder of the package.

    Returns
    -------
    dict of str to str
        The name of each definition or file -> its sha256, without comments and docstrings. Empty
        if the notebook is not Python, as its run will show.
    """
    code = "\n".join(re.sub(r"(?m)^\s*[%!].*$", "", source) for source in code_of(notebook))
    try:
        module = parse_module("", notebook, code)
    except SyntaxError:
        return {}
    reach = _Reach(package)
    reach.start(module)
    files = hashes or Hashes()
    digests = reach.digests()
    for path in reach.files:
        digests[path.relative_to(package.parent).as_posix()] = files.digest(path)
    return dict(sorted(digests.items()))


class _Reach:
    """What can be reached from a piece of code."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.files: set[Path] = set()
        self._data = _data_files(package)
        self._imported: dict[str, Module] = {}
        self._reached: dict[tuple[str, str], Module] = {}
        self._pending: list[tuple[Module, Definition]] = []
        self._modules: dict[str, Module | None] = {}

    def start(self, code: Module) -> None:
        """Reach what a notebook reaches."""
        self._run(code)
        self._pending += [(code, definition) for definition in code.definitions.values()]
        while self._pending:
            self._follow(*self._pending.pop())

    def digests(self) -> dict[str, str]:
        """Return the sha256 of each definition, and of what each module does on import."""
        modules = self._imported.items()
        digests = {name: m.on_import.digest for name, m in modules if m.on_import.statements}
        for (module_name, name), module in self._reached.items():
            if name and module_name:
                digests[f"{module_name}.{name}"] = module.definitions[name].digest
        return digests

    def _follow(self, module: Module, definition: Definition) -> None:
        """Reach everything that a definition mentions."""
        for name in definition.loads:
            self._import(name)
        for chain in definition.mentions:
            for place in self._find(module, chain, definition.imports):
                self._reach(*place)
        names = {chain[0] for chain in definition.mentions}
        bindings = {**module.bindings, **definition.imports}
        names |= {bindings[name].rpartition(":")[2] for name in names & set(bindings)}
        is_anything = names & _ANYTHING or definition.attributes & _ANYTHING_BY_ATTRIBUTE
        if is_anything and module.name not in _IMPORTS_BY_TASK:
            self._reach(self._read(self.package.name), "")
        words = names | definition.attributes
        if words & _ANYTHING_HERE:
            self._reach(module, "")
        self._reach_files(module, definition.texts, here=bool(words & _FILES_HERE))

    def _reach(self, module: Module | None, name: str) -> None:
        """Reach a definition, or a whole module."""
        if module is None or (module.name, name) in self._reached:
            return
        self._reached[module.name, name] = module
        self._import(module.name)
        if name:
            self._pending.append((module, module.definitions[name]))
            return
        for own in module.definitions:
            self._reach(module, own)
        for target in module.bindings.values():
            for place in self._resolve(target):
                self._reach(*place)
        if module.path.name == "__init__.py":
            for path in module.path.parent.iterdir():
                self._reach(self._read(f"{module.name}.{path.stem}"), "")

    def _reach_files(self, module: Module, texts: set[str], here: bool) -> None:
        """Reach the files and modules that a definition names in its strings."""
        if module.name == _STEPS:
            return
        folder = module.path.parent
        if here:
            self.files.update(path for path in folder.iterdir() if _is_data(path))
        for text in texts:
            if text.split(".")[0] == self.package.name:
                self._reach(self._read(text), "")
            self.files |= self._data[text] | self._data[f"{folder}/{text}"]
            if text.startswith(_SHIPPED) and not text.startswith(_NO_CODE):
                self.files |= self._shipped(text)

    def _shipped(self, text: str) -> set[Path]:
        """Return a file or folder of the project, as `gamelabel.files.shipped` does."""
        roots = (self.package / "_shipped", self.package.parent)
        # a text that names nothing may be the beginning of a path: f"data/published/{name}.yaml"
        for part in (text, text.rpartition("/")[0]):
            paths = [root / part for root in roots if (root / part).exists()]
            if paths and "/" in part:
                return {paths[0]}
        return set()

    def _import(self, name: str) -> None:
        """Import a module, after its packages; other names are ignored."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if part not in self._imported and (module := self._read(part)) is not None:
                self._imported[part] = module
                self._run(module)

    def _run(self, module: Module) -> None:
        """Reach what a module does when it is imported."""
        for name in sorted(module.loads):
            self._import(name)
        self._pending.append((module, module.on_import))
        for name, definition in module.definitions.items():
            if self._acts(module, definition):
                self._reach(module, name)

    def _acts(self, module: Module, definition: Definition) -> bool:
        """Return whether a definition may change anything else when its module is imported."""
        if definition.acts:
            return True
        if all(self._only_returns(module, chain, False) for chain in definition.calls):
            return False
        return not all(self._only_returns(module, c, True) for c in definition.beside_calls)

    def _only_returns(self, module: Module, chain: Chain, or_variable: bool) -> bool:
        """Return whether a name, when it is called, cannot change anything of the package."""
        if ".".join((module.bindings.get(chain[0], ""), *chain[1:])) in _HARMLESS:
            return True
        for place, name in self._find(module, chain, {}):
            what = place.definitions.get(name)
            if what is None or not (what.is_record or (or_variable and what.is_variable)):
                return False
        return True

    def _find(
        self, module: Module, chain: Chain, imports: dict[str, str]
    ) -> list[tuple[Module, str]]:
        """Return what a name with its attributes stands for: a module and a name in it."""
        first, *attributes = chain
        places = [(module, first)] if first in module.definitions else []
        for bindings in (module.bindings, imports):
            if first in bindings:
                places += self._resolve(bindings[first], attributes)
        if not places and first not in module.bindings:
            stars = [target for target in module.bindings.values() if target.endswith(":*")]
            places = [place for target in stars for place in self._resolve(target)]
        return places

    def _resolve(self, target: str, attributes: Sequence[str] = ()) -> list[tuple[Module, str]]:
        """Return the definition of an imported name; a whole module where it cannot be known."""
        module_name, _, name = target.partition(":")
        module = self._read(module_name)
        if module is None:
            return []  # of another package
        names = [name, *attributes] if name else list(attributes)
        for k, name in enumerate(names):
            if name in module.definitions:
                return [(module, name)]
            target = module.bindings.get(name, "")
            if target and target != f"{module.name}:{name}":
                return self._resolve(target, names[k + 1 :])
            inner = self._read(f"{module.name}.{name}")
            if inner is None:
                break
            module = inner
        return [(module, "")]

    def _read(self, name: str) -> Module | None:
        """Return a module of the package; None if there is none of this name."""
        if name not in self._modules:
            first, *rest = name.split(".")
            place = self.package.joinpath(*rest)
            paths = (place / "__init__.py", place.with_suffix(".py"))
            own = [path for path in paths if first == self.package.name and path.exists()]
            self._modules[name] = read_module(name, own[0]) if own else None
        return self._modules[name]


def _data_files(package: Path) -> defaultdict[str, set[Path]]:
    """Return the files of a package other than code, by their names and by their folders."""
    files = defaultdict[str, set[Path]](set)
    for path in filter(_is_data, package.rglob("*")):
        for key in (path.name, *map(str, path.parents)):
            files[key].add(path)
    return files


def _is_data(path: Path) -> bool:
    """Return whether a file of the package is read rather than imported."""
    return path.is_file() and path.suffix not in (".py", ".pyc")
