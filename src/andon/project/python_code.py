"""Code hash of a Python asset: its function and all it reaches in the project.

Followed are names through module globals and imports of the project, by name
only: a local variable that shares its name with a global one adds that global,
which can cost a rebuild and never hides a change.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field

from andon.errors import Where
from andon.hashing import value_hash
from andon.project.modules import Module, ModuleFinder, is_standard
from andon.project.python_assets import is_asset_decorator
from andon.project.python_options import Function, python_where
from andon.project.text import Findings

_DYNAMIC = {"exec", "eval", "compile", "__import__"}
_UNFOLLOWED = {
    *("globals", "builtins", "sys.modules", "runpy.run_path", "runpy.run_module"),
    *("importlib.reload", "importlib.util", "importlib.machinery", "pkgutil.resolve_name"),
}
"""Ways to names and modules that stand in no text."""
_RUN = {"exec", "eval", "compile"}
_IMPORTERS = {"importlib.import_module", "importlib.__import__"}
_Named = tuple[str, str]


@dataclass(slots=True)
class Reached:
    """What a walk from one function found.

    Attributes:
        pieces: module and name -> canonical tree and what the names in it mean.
        seen: paths of project files looked at.
        roots: top-level modules from outside the project -> where they are first used.
    """

    pieces: dict[_Named, tuple[list[str], list[_Named]]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    roots: dict[str, Where | None] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Hash of all pieces, in an order that does not depend on the walk."""
        return value_hash(
            [
                [module, name, trees, [list(pair) for pair in meanings]]
                for (module, name), (trees, meanings) in sorted(self.pieces.items())
            ]
        )


class CodeWalk:
    """Walks from one asset function over everything it reaches."""

    def __init__(self, finder: ModuleFinder, findings: Findings, *, may_be_dynamic: bool) -> None:
        self._finder, self._findings = finder, findings
        self._may_be_dynamic = may_be_dynamic
        self._own: Module | None = None
        self._reached = Reached()
        self._effects: set[str] = set()

    def walk(self, module: Module, function: str) -> Reached:
        """Everything that the result of the function can depend on but its data.

        What cannot be followed is noted (PRJ024), as is a module that cannot be parsed (PRJ025).
        """
        self._own = module
        self._reached.seen[module.file.path] = ""
        self._name(module, function)
        return self._reached

    def _label(self, module: Module) -> str:
        # The asset's own module has no name here, so that a renamed asset keeps its hash.
        return "" if module is self._own else module.name

    def _name(self, module: Module, name: str) -> _Named | None:
        """Reach a global name of a module; the answer is where it is defined."""
        key = (self._label(module), name)
        statements = module.definitions.get(name)
        if statements is not None:
            if key not in self._reached.pieces:
                self._piece(module, key, statements)
            self._reach_effects(module)
            return key
        if name in module.imports.names:
            return self._dotted(module.imports.names[name], None)
        for star in module.stars:
            found = self._find(star)
            if found is not None and not found[1]:
                target = self._name(found[0], name)
                if target is not None:
                    return target
        return None

    def _piece(self, module: Module, key: _Named, statements: Iterable[ast.stmt]) -> None:
        bare = [_bare(statement, module) for statement in statements]
        self._reached.pieces[key] = ([], [])  # entered first: code may reach itself
        meanings: set[tuple[str, str]] = set()
        for statement in bare:
            for dotted, node in _uses(statement):
                self._judge_call(module, dotted, node)
                target = self._use(module, dotted, python_where(module.file, node))
                if target is not None:
                    meanings.add((dotted, ".".join(target)))
        trees = [ast.dump(statement, annotate_fields=False) for statement in bare]
        self._reached.pieces[key] = (trees, sorted(meanings))

    def _use(self, module: Module, dotted: str, where: Where) -> _Named | None:
        root, _, rest = dotted.partition(".")
        own = self._name(module, root) if root in module.definitions else None
        if root in module.imports.names:
            full = module.imports.names[root]
            return self._dotted(f"{full}.{rest}" if rest else full, where) or own
        return own or self._name(module, root)

    def _dotted(self, dotted: str, where: Where | None) -> _Named | None:
        found = self._find(dotted)
        if found is None:
            root = dotted.partition(".")[0]
            if root != "andon" and not is_standard(root):
                self._reached.roots.setdefault(root, where)
            return ("", dotted)
        module, rest = found
        self._reach_effects(module)
        if rest:
            return self._name(module, rest.split(".")[0])
        for name in [*module.definitions, *module.imports.names]:
            self._name(module, name)
        return (self._label(module), "")

    def _find(self, dotted: str) -> tuple[Module, str] | None:
        try:
            return self._finder.find(dotted, self._reached.seen)
        except SyntaxError as error:
            path = error.filename or dotted
            self._findings.add(
                "PRJ025",
                Where(path=path, line=error.lineno, column=error.offset, text=error.text),
                what=f"this is not valid Python: {error.msg}",
                why="an asset imports it, so its code is part of the asset's identity",
                fix="correct the line",
            )
            return None

    def _reach_effects(self, module: Module) -> None:
        if module.name in self._effects:
            return
        self._effects.add(module.name)
        package = module.name.rpartition(".")[0]
        # Python imports the packages above a module first, so what they do on import counts too.
        above = self._find(package) if package and module is not self._own else None
        if above is not None:
            self._reach_effects(above[0])
        if module.effects:
            self._piece(module, (self._label(module), "*"), module.effects)

    def _judge_call(self, module: Module, dotted: str, node: ast.expr) -> None:
        root, _, rest = dotted.partition(".")
        full = module.imports.names.get(root, root) + (f".{rest}" if rest else "")
        parts = full.split(".")
        unfollowed = any(".".join(parts[:n]) in _UNFOLLOWED for n in range(1, len(parts) + 1))
        if full not in _DYNAMIC and full not in _IMPORTERS and not unfollowed:
            return
        if root in module.definitions:
            return  # the project's own function of that name
        literal = None if unfollowed or full in _RUN else _literal_module(module.tree, node)
        if literal is not None:
            self._dotted(literal, python_where(module.file, node))
        elif not self._may_be_dynamic:
            self._findings.add(
                "PRJ024",
                python_where(module.file, node),
                what=f"`{dotted}` runs code that cannot be followed",
                why="a change of that code would not be seen, and old results would be kept",
                fix='import it by name, or declare the files it reads: `files=["lib/rules.py"]`',
            )


def _bare(statement: ast.stmt, module: Module) -> ast.stmt:
    """The statement without docstrings and without `@asset`."""
    bare = copy.deepcopy(statement)
    for node in ast.walk(bare):
        if isinstance(node, Function | ast.ClassDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
            node.decorator_list = [
                one for one in node.decorator_list if not is_asset_decorator(one, module.imports)
            ]
    return bare


def _uses(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """Names and attribute chains that a statement reads, the longest chain of each."""
    found: list[tuple[str, ast.expr]] = []
    inner: set[int] = set()
    for node in ast.walk(statement):
        if id(node) in inner:
            continue
        parts: list[str] = []
        root: ast.AST = node
        while isinstance(root, ast.Attribute):
            parts.append(root.attr)
            root = root.value
            inner.add(id(root))
        if isinstance(root, ast.Name) and isinstance(node, ast.expr):
            found.append((".".join([root.id, *reversed(parts)]), node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.extend(_annotation_names(node))
    return found


def _annotation_names(node: ast.Constant) -> list[tuple[str, ast.expr]]:
    """A text may be an annotation such as ``"pl.DataFrame"``; one that is not costs nothing."""
    words = str(node.value).split(".")
    return (
        [(str(node.value), node)]
        if 1 < len(words) < 5 and all(map(str.isidentifier, words))
        else []
    )


def _literal_module(tree: ast.Module, function: ast.expr) -> str | None:
    """Argument of the call of `function` if it is one literal text."""
    place = (function.lineno, function.col_offset)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (node.func.lineno, node.func.col_offset) == place:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value
    return None
