"""What code a result came from: a digest that follows code, not text."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "smearsynth"
ROOT = Path(__file__).parent
PAGES = (".html", ".css", ".js")
"""Files of a package that count as its code."""


def source_digest(module: str) -> str:
    """A digest of a module and of every module of the package that it imports, directly or not.

    It is taken from the syntax tree without docstrings, so that comments, formatting, time stamps and the
    place of the checkout leave it as it is, and any other edit changes it. Pages (`PAGES`) beside a package's ``__init__``
    count as they are.

    Parameters
    ----------
    module : str
        Such as ``"smearsynth.slides.render"``.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in sorted(dependencies(module)):
        digest.update(f"{name}\0{_tree(name)[0]}\0".encode())
    return digest.hexdigest()[:16]


def dependencies(module: str) -> set[str]:
    """The modules of the package that `module` imports, with itself."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting.extend(_tree(name)[1])
    return found


def _path(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split(".")[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _tree(module: str) -> tuple[str, frozenset[str]]:
    """The dump of a module without docstrings with the pages of a package, and the package modules that it imports."""
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(f"no module {module} in {ROOT}")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{path}: imports inside the package are written in full")
            imported.add(node.module or "")
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
        _strip(node)
    known = {name for name in imported if name.split(".")[0] == PACKAGE and _path(name)}
    # A package's own __init__ runs whenever one of its modules is imported.
    parents = {name.rsplit(".", 1)[0] for name in known | {module} if "." in name}
    pages = sorted(p for p in path.parent.iterdir() if p.suffix in PAGES) if path.name == "__init__.py" else []
    code = "\0".join([ast.dump(tree), *(page.read_text(encoding="utf-8") for page in pages)])
    return code, frozenset(known | {p for p in parents if _path(p)} - {module})


def _strip(node: ast.AST) -> None:
    """Take the docstring off a module, class or function."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:] or [ast.Pass()]
