"""Questions about a piece of Python code: which names it uses, and what runs on import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

Chain = tuple[str, ...]  # a name and the attributes after it, as in figures.style.set_theme
Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom
# decorators of these modules do nothing but return a function or class
_DECORATORS = {"abc", "contextlib", "dataclasses", "functools", "torch", "typing"}
_BUILT_IN_DECORATORS = {"classmethod", "property", "staticmethod"}


def chains(node: ast.AST) -> Iterator[tuple[ast.AST, Chain]]:
    """Give each name in a piece of code, with the attributes after it."""
    attributes: list[str] = []
    start = node
    while isinstance(start, ast.Attribute):
        attributes.insert(0, start.attr)
        start = start.value
    if isinstance(start, ast.Name):
        yield start, (start.id, *attributes)
        return
    for child in ast.iter_child_nodes(start):
        yield from chains(child)


def callee(node: ast.expr) -> ast.expr:
    """Return what a call calls, and any other expression as it is."""
    return callee(node.func) if isinstance(node, ast.Call) else node


def executed_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Give the parts of a statement that run where it stands: no bodies of functions."""
    yield node
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, Function | ast.Lambda):
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        children = [*getattr(node, "decorator_list", ()), *defaults]
    for child in children:
        yield from executed_on_import(child)


def defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines; none if it may do more than that."""
    if isinstance(node, Function | ast.ClassDef):
        return {node.name}
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
        return set()
    return {part.id for part in parts if isinstance(part, ast.Name)}


def acts(node: ast.AST, bindings: dict[str, str]) -> bool:
    """Return whether a part of a definition does more, when it runs, than define something."""
    if isinstance(node, Function | ast.ClassDef):
        if getattr(node, "keywords", ()):  # a metaclass, or for __init_subclass__
            return True
        return any(_registers(decorator, bindings) for decorator in node.decorator_list)
    return isinstance(node, ast.Expr | ast.NamedExpr)


def _registers(decorator: ast.expr, bindings: dict[str, str]) -> bool:
    """Return whether a decorator may do more than return what it decorates."""
    chain = next((chain for _, chain in chains(callee(decorator))), ("",))
    if chain[0] in _BUILT_IN_DECORATORS or chain[-1] in ("deleter", "getter", "setter"):
        return False
    return re.split("[.:]", bindings.get(chain[0], ""))[0] not in _DECORATORS


def imported(node: Import, package: str) -> dict[str, str]:
    """Return the names that an import statement binds: name -> "module:name in it", or "module:".

    Parameters
    ----------
    node : ast.Import or ast.ImportFrom
        The statement.
    package : str
        The package that relative imports start from.
    """
    if isinstance(node, ast.Import):
        whole = {a.asname or a.name.split(".")[0]: a for a in node.names}
        return {name: f"{a.name if a.asname else name}:" for name, a in whole.items()}
    module = _module(node, package)
    names = [alias.name for alias in node.names]
    if names == ["*"]:
        return {f"*{module}": f"{module}:*"}
    return {alias.asname or alias.name: f"{module}:{alias.name}" for alias in node.names}


def loaded(node: Import, package: str) -> set[str]:
    """Return the modules that an import statement loads, and names that may be modules."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    module = _module(node, package)
    return {f"{module}.{alias.name}" for alias in node.names}


def _module(node: ast.ImportFrom, package: str) -> str:
    above = package.rsplit(".", node.level - 1)[0] if node.level else ""
    return ".".join(part for part in (above, node.module) if part)


def stands_alone(node: ast.AST) -> bool:
    """Return whether a statement is a string that stands alone, as a docstring does."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_for_types(node: ast.stmt) -> bool:
    """Return whether only type checkers read a statement."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
