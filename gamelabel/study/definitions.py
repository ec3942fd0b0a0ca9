"""Read the definitions of a module: what each mentions, and its hash without comments."""

from __future__ import annotations

import ast
import hashlib
import re
import symtable
import threading
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from gamelabel.study.syntax_trees import (
    Chain,
    Function,
    Import,
    acts,
    callee,
    chains,
    defined,
    executed_on_import,
    imported,
    is_for_types,
    loaded,
    stands_alone,
)

_NAME = re.compile(r"\w[\w./-]{0,199}")
_CONSTRUCTORS = {"__init__", "__init_subclass__", "__new__", "__post_init__", "__set_name__"}
# CPython 3.11 counts the depth of all threads' trees together, and raises SystemError
_parsing = threading.Lock()


@dataclass
class Definition:
    """A function, class or variable at the top of a module.

    Parameters
    ----------
    bindings : dict of str to str
        What its module imports; see `Module`.
    statements : list of ast.stmt
        Its statements; a variable may be assigned more than once.
    mentions : set of Chain
        The names outside of it that it uses.
    imports : dict of str to str
        What it imports when it is called, as in `bindings`.
    loads : set of str
        The modules that it loads, as in `Module`.
    attributes : set of str
        The attributes that it names, of whatever it is.
    texts : set of str
        The strings in it that can be the name of a file or module.
    acts : bool
        Whether it does something on import besides being defined, as some decorators do.
    calls, beside_calls : set of Chain
        What it calls on import, and all that is mentioned in expressions with a call.
    """

    bindings: dict[str, str]
    statements: list[ast.stmt] = field(default_factory=list)
    mentions: set[Chain] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    loads: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    acts: bool = False
    calls: set[Chain] = field(default_factory=set)
    beside_calls: set[Chain] = field(default_factory=set)

    @property
    def is_variable(self) -> bool:
        """Whether it is neither a function nor a class."""
        return not any(isinstance(node, Function | ast.ClassDef) for node in self.statements)

    @property
    def is_record(self) -> bool:
        """Whether it is a class whose construction only keeps the arguments."""
        names: set[str] = set()
        for node in self.statements:
            if not isinstance(node, ast.ClassDef):
                return False
            names |= {method.name for method in node.body if isinstance(method, Function)}
        return not names & _CONSTRUCTORS

    @cached_property
    def digest(self) -> str:
        """The sha256 of its code, and of what the imported names in it stand for."""
        code = [ast.dump(node) for node in self.statements]
        names = {chain[0] for chain in self.mentions} & set(self.bindings)
        bound = [f"{name} = {self.bindings[name]}" for name in sorted(names)]
        return hashlib.sha256("\n".join([*code, *bound]).encode()).hexdigest()


@dataclass
class Module:
    """The definitions of a module.

    Parameters
    ----------
    name : str
        Its name with dots.
    path : Path
        Its file.
    bindings : dict of str to str
        The names that it imports on import: name -> "module:name in it", or "module:".
    loads : set of str
        The modules that it imports on import, and the names that may be modules.
    definitions : dict of str to Definition
        By name.
    on_import : Definition
        Its other statements, such as a call, which are executed on import.
    """

    name: str
    path: Path
    bindings: dict[str, str]
    loads: set[str]
    definitions: dict[str, Definition]
    on_import: Definition


def read_module(name: str, path: Path) -> Module:
    """Return the definitions of a module's file; see `parse_module`."""
    stat = path.stat()
    return _read(name, path, (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=2048)
def _read(name: str, path: Path, version: tuple[int, int]) -> Module:
    return parse_module(name, path, path.read_text(encoding="utf-8"))


def parse_module(name: str, path: Path, code: str) -> Module:
    """Return the definitions of a module.

    Parameters
    ----------
    name : str
        Its name with dots.
    path : Path
        Its file.
    code : str
        Its code.

    Raises
    ------
    SyntaxError
        If the code is not Python.
    """
    with _parsing:
        tree = ast.parse(code)
        scopes = symtable.symtable(code, str(path), "exec").get_children()
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | Function | ast.ClassDef):
            part.body = [node for node in part.body if not stands_alone(node)]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    bindings: dict[str, str] = {}
    module = Module(name, path, bindings, set(), {}, Definition(bindings))
    body = [node for node in tree.body if not is_for_types(node)]
    for node in body:
        for part in executed_on_import(node):
            if isinstance(part, Import):
                bindings |= imported(part, package)
                module.loads |= loaded(part, package)
    for node in body:
        names = defined(node)
        used = None
        if isinstance(node, Function | ast.ClassDef):
            used = _looked_up(node.name, scopes)
        for own in names:
            definition = module.definitions.setdefault(own, Definition(bindings))
            _add(definition, node, package, used)
        if not names and not isinstance(node, Import):
            _add(module.on_import, node, package, used)
    return module


def _looked_up(name: str, scopes: list[symtable.SymbolTable]) -> set[str]:
    """Return the names that a function or class looks up in its module."""
    names: set[str] = set()
    pending = [scope for scope in scopes if scope.get_name() == name]
    while pending:
        scope = pending.pop()
        pending += scope.get_children()
        symbols = scope.get_symbols()
        if scope.get_type() == "function":
            symbols = [symbol for symbol in symbols if symbol.is_global()]
        names |= {symbol.get_name() for symbol in symbols}
    return names


def _add(definition: Definition, node: ast.stmt, package: str, used: set[str] | None) -> None:
    """Add a statement, which looks these names up in its module; None for all of its names."""
    definition.statements.append(node)
    for part in ast.walk(node):
        if isinstance(part, Import):
            definition.imports |= imported(part, package)
            definition.loads |= loaded(part, package)
        elif isinstance(part, ast.Attribute):
            definition.attributes.add(part.attr)
        elif isinstance(part, ast.Constant) and _NAME.fullmatch(str(part.value)):
            definition.texts.add(str(part.value))
    executed = list(executed_on_import(node))
    calls = [part for part in executed if isinstance(part, ast.Call)]
    at_once = {id(part) for part in executed}
    names = {*(used or ()), *definition.imports}
    for name, chain in chains(node):
        if used is None or id(name) in at_once or chain[0] in names:
            definition.mentions.add(chain)
        if calls and id(name) in at_once:
            definition.beside_calls.add(chain)
    for call in calls:
        definition.calls |= {chain for _, chain in chains(callee(call))}
    definition.acts |= any(acts(part, definition.bindings) for part in executed)
