import pytest

from smearsynth import provenance


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in place of the real one."""
    root = tmp_path / "smearsynth"
    (root / "stage").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "stage" / "__init__.py").write_text('"""A stage."""\n')
    (root / "stage" / "run.py").write_text(
        '"""Doc."""\nimport numpy\nfrom smearsynth import base\n\ndef f(x):\n    """Doc."""\n    return base.g(x)\n'
    )
    (root / "base.py").write_text("def g(x):\n    return x + 1\n")
    (root / "other.py").write_text("def h(x):\n    return x\n")
    monkeypatch.setattr(provenance, "ROOT", root)

    def digest():
        provenance._tree.cache_clear()
        return provenance.source_digest("smearsynth.stage.run")

    yield root, digest
    provenance._tree.cache_clear()


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_comments_docstrings_and_format_do_not_count(package):
    root, digest = package
    before = digest()
    edit(
        root / "stage" / "run.py",
        '"""Doc."""\n    return base.g(x)',
        '"""Another\n    text."""\n    # why\n    return base.g( x )',
    )
    edit(root / "stage" / "__init__.py", "A stage", "The stage")
    assert digest() == before


@pytest.mark.parametrize(
    "file, old, new", [("stage/run.py", "g(x)", "g(x, 2)"), ("base.py", "+ 1", "+ 2"), ("__init__.py", "", "A = 1")]
)
def test_code_counts_here_and_in_what_is_imported(package, file, old, new):
    root, digest = package
    before = digest()
    edit(root / file, old, new)
    assert digest() != before


def test_code_that_is_not_imported_does_not_count(package):
    root, digest = package
    before = digest()
    edit(root / "other.py", "return x", "return -x")
    assert digest() == before


def test_imports_inside_functions_count(package):
    root, digest = package
    edit(root / "stage" / "run.py", "    return", "    from smearsynth.other import h\n    return")
    before = digest()
    edit(root / "other.py", "return x", "return -x")
    assert digest() != before


def test_relative_imports_are_refused(package):
    root, digest = package
    edit(root / "stage" / "run.py", "import numpy", "from . import numpy")
    with pytest.raises(ValueError, match="in full"):
        digest()


def test_unknown_module(package):
    with pytest.raises(ModuleNotFoundError):
        provenance.source_digest("smearsynth.absent")
