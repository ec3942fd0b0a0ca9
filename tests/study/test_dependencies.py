"""A notebook depends on all that it reaches in the package, and on little else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gamelabel.study.dependencies import PACKAGE, dependencies
from tests.study.toys import write_notebook

FILES = {
    "__init__.py": "",
    "figures/__init__.py": (
        "from toy.figures import arms\n"
        "from toy.figures.style import set_theme as set_theme\n"
        "__all__ = ['arms', 'set_theme']\n"
    ),
    "figures/style.py": (
        "import numpy as np\n"
        "COLOR, WIDTH = 'red', 3\n"
        "def set_theme():\n    return COLOR\n"
        "def save_theme():\n    return WIDTH, np.mean\n"
    ),
    "figures/arms.py": (
        "from functools import cache\n"
        "from toy.figures import style\n"
        "@cache\n"
        "def plot_arms():\n"
        "    from toy.lazy import late\n"
        "    return late(), style.set_theme()\n"
        "def plot_other():\n    return style.save_theme()\n"
    ),
    "lazy.py": "LIMIT = 1\nUNUSED = 2\ndef late():\n    return LIMIT\n",
    "classes.py": (
        "class Base:\n    def value(self):\n        return 1\n"
        "class Middle(Base):\n    pass\n"
        "class Leaf(Middle):\n    def leaf(self):\n        return helper()\n"
        "class Unused:\n    pass\n"
        "def helper():\n    return 2\n"
        "def decorate(function):\n    return function\n"
    ),
    "registry.py": (
        "from toy import methods\n"
        "METHODS = {'one': methods.one, 'two': methods.two}\n"
        "FILLED = {}\n"
        "def add(function):\n    FILLED[function.__name__] = function\n    return function\n"
    ),
    "methods.py": (
        "def one():\n    return 1\ndef two():\n    return 2\ndef three():\n    return 3\n"
    ),
    "registered.py": (
        "from toy.registry import add\n@add\ndef four():\n    return five()\n"
        "def five():\n    return 5\ndef six():\n    return 6\n"
    ),
    "effects.py": (
        "from toy import classes\nimport warnings\n"
        "LIST = []\nLIST.append(1)\n"
        "try:\n    import numpy as fast\nexcept ImportError:\n    fast = None\n"
        "ANSWER = classes.helper()\n"
        "SHADE = 1\nSHADE |= 2\n"
        "def quiet():\n    return fast\n"
    ),
    "files.py": (
        "from pathlib import Path\n"
        "def read_template():\n    return Path(__file__).with_name('card.md').read_text()\n"
        "def read_any(name):\n    return (Path(__file__).parent / 'pages' / name).read_text()\n"
        "PUBLISHED = 'data/published'\n"
        "def read_published(name):\n    return Path(PUBLISHED, name)\n"
        "def read_one(name):\n    return Path(f'data/published/{name}.txt')\n"
        "def read_some(name):\n    return Path(f'data/published/part_{name}.txt')\n"
    ),
    "card.md": "card",
    "pages/a.html": "a",
    "unused/other.txt": "other",
    "everything.py": (
        "import importlib\nfrom importlib import import_module as load\nfrom toy import methods\n"
        "def by_name(name):\n    return getattr(methods, name)\n"
        "def own(name):\n    return globals()[name]\n"
        "def hidden():\n    return 7\n"
        "def any_module(name):\n    return importlib.import_module(name)\n"
        "def by_text():\n    return 'toy.lazy'\n"
        "def renamed(name):\n    return load(name)\n"
        "def kinds(thing):\n    return type(thing).__subclasses__()\n"
    ),
    "shadow.py": (
        "from toy import methods, lazy\n"
        "def local(methods):\n    return methods.one()\n"
        "def mixed(items):\n    return [methods for methods in items], methods.two()\n"
        "def nested():\n    def inner():\n        return lazy.late()\n    return inner\n"
    ),
    "numbers.py": "from math import sin as wave\ndef height():\n    return wave(1)\n",
    "stars.py": "from toy.methods import *\ndef starred():\n    return three()\n",
    "guarded.py": "if True:\n    def inside():\n        return 1\nelse:\n    inside = None\n",
    "inner.py": "def inner():\n    return 1\n",
    "same/__init__.py": "from toy.same.same import same\n",
    "same/same.py": "def same():\n    return 1\n",
}
PUBLISHED = {
    "data/published/a.txt": "a",
    "data/published/part_b.txt": "b",
    "data/runs/smoke/a.txt": "a",
}
# the notebook's code; a file, a part of it, and what replaces that
RERUNS = {
    "a function of a package": (
        "from toy import figures\nfigures.set_theme()",
        ("figures/style.py", "return COLOR", "return COLOR * 2"),
    ),
    "a constant that it uses": (
        "from toy import figures\nfigures.set_theme()",
        ("figures/style.py", "'red', 3", "'blue', 3"),
    ),
    "a module of a package": (
        "import toy.figures as f\nf.arms.plot_other()",
        ("figures/style.py", "'red', 3", "'red', 4"),
    ),
    "a whole dotted name": (
        "import toy.figures.style\ntoy.figures.style.save_theme()",
        ("figures/style.py", "return WIDTH", "return 2"),
    ),
    "a relative name that the package exports": (
        "from toy.figures import set_theme\nset_theme()",
        ("figures/__init__.py", "import set_theme as", "import save_theme as"),
    ),
    "an import in a function": (
        "from toy.figures.arms import plot_arms\nplot_arms()",
        ("lazy.py", "return LIMIT", "return 0"),
    ),
    "a constant of that": (
        "from toy.figures.arms import plot_arms\nplot_arms()",
        ("lazy.py", "LIMIT = 1", "LIMIT = 2"),
    ),
    "a decorator": (
        "from toy.figures.arms import plot_arms\nplot_arms()",
        ("figures/arms.py", "@cache\n", ""),
    ),
    "a base class of a base class": (
        "from toy.classes import Leaf\nLeaf().value()",
        ("classes.py", "return 1", "return 0"),
    ),
    "what a method calls": (
        "from toy.classes import Leaf\nLeaf().leaf()",
        ("classes.py", "return 2", "return 0"),
    ),
    "a function in a registry": (
        "from toy.registry import METHODS\nMETHODS['two']()",
        ("methods.py", "return 2", "return 0"),
    ),
    "a function that a decorator registers": (
        "from toy import registered\nfrom toy.registry import FILLED\nFILLED['four']()",
        ("registered.py", "return 5", "return 0"),
    ),
    "a statement on import": (
        "from toy.effects import quiet\nquiet()",
        ("effects.py", "append(1)", "append(2)"),
    ),
    "a condition on import": (
        "from toy.effects import quiet\nquiet()",
        ("effects.py", "fast = None", "fast = 1"),
    ),
    "a change in place on import": (
        "from toy.effects import quiet\nquiet()",
        ("effects.py", "SHADE |= 2", "SHADE |= 4"),
    ),
    "a function that runs on import": (
        "import toy.effects",
        ("classes.py", "return 2", "return 0"),
    ),
    "a template": ("from toy import files\nfiles.read_template()", ("card.md", "card", "a card")),
    "a folder of files": ("from toy import files\nfiles.read_any('a')", ("pages/a.html", "a", "b")),
    "published data": (
        "from toy.files import read_published\nread_published()",
        ("../data/published/a.txt", "a", "b"),
    ),
    "published data by the beginning of their name": (
        "from toy.files import read_one\nread_one()",
        ("../data/published/a.txt", "a", "b"),
    ),
    "published data by a part of their name": (
        "from toy.files import read_some\nread_some()",
        ("../data/published/part_b.txt", "b", "c"),
    ),
    "a loader by another name": (
        "from toy.everything import renamed\nrenamed('toy.lazy')",
        ("lazy.py", "UNUSED = 2", "UNUSED = 3"),
    ),
    "the subclasses of a class": (
        "from toy.everything import kinds\nkinds(1)",
        ("classes.py", "class Unused:\n    pass", "class Unused:\n    value = 1"),
    ),
    "getattr of a module": (
        "from toy.everything import by_name\nby_name('three')",
        ("methods.py", "return 3", "return 0"),
    ),
    "getattr in the notebook": (
        "from toy import methods\ngetattr(methods, 'three')()",
        ("methods.py", "return 3", "return 0"),
    ),
    "getattr of a package": (
        "import toy\ngetattr(toy, 'lazy')",
        ("lazy.py", "UNUSED = 2", "UNUSED = 3"),
    ),
    "globals": ("from toy.everything import own\nown('hidden')", ("everything.py", "7", "8")),
    "a module by its name": (
        "from toy.everything import any_module\nany_module('toy.lazy')",
        ("lazy.py", "UNUSED = 2", "UNUSED = 3"),
    ),
    "a module's name in a string": (
        "from toy.everything import by_text\nby_text()",
        ("lazy.py", "UNUSED = 2", "UNUSED = 3"),
    ),
    "a name that is also a local one elsewhere": (
        "from toy.shadow import mixed\nmixed()",
        ("methods.py", "return 2", "return 0"),
    ),
    "a function in a function": (
        "from toy.shadow import nested\nnested()",
        ("lazy.py", "return LIMIT", "return 0"),
    ),
    "what an imported name stands for": (
        "from toy.numbers import height\nheight()",
        ("numbers.py", "import sin as", "import cos as"),
    ),
    "a name that a star imports": (
        "from toy.stars import starred\nstarred()",
        ("methods.py", "return 3", "return 0"),
    ),
    "a function under a condition": (
        "from toy.guarded import inside\ninside()",
        ("guarded.py", "return 1", "return 0"),
    ),
    "a function of its module's name": (
        "from toy.same import same\nsame()",
        ("same/same.py", "return 1", "return 0"),
    ),
    "an attribute of the package": (
        "import toy\nimport toy.inner\ntoy.inner.inner()",
        ("inner.py", "return 1", "return 0"),
    ),
    "a name that is not there": (
        "from toy.lazy import nothing\nnothing()",
        ("lazy.py", "UNUSED = 2", "UNUSED = 3"),
    ),
    "in a formula of the notebook": (
        "%matplotlib inline\nimport toy.lazy as lazy\nrows = [lazy.late() for _ in range(3)]",
        ("lazy.py", "return LIMIT", "return 0"),
    ),
}
STANDS = {
    "a comment": (
        "from toy.lazy import late\nlate()",
        ("lazy.py", "return LIMIT", "return LIMIT  # the highest"),
    ),
    "a docstring": (
        "from toy.lazy import late\nlate()",
        ("lazy.py", "def late():\n", 'def late():\n    """Give the limit."""\n'),
    ),
    "the layout": (
        "from toy.lazy import late\nlate()",
        ("lazy.py", "return LIMIT", "return (\n  LIMIT)"),
    ),
    "a function that is not used": (
        "from toy import figures\nfigures.set_theme()",
        ("figures/style.py", "return WIDTH", "return 2"),
    ),
    "a class that is not used": (
        "from toy.classes import Leaf\nLeaf()",
        ("classes.py", "class Unused:\n    pass", "class Unused:\n    value = 1"),
    ),
    "a function beside a registered one": (
        "from toy import registered\nregistered.four()",
        ("registered.py", "return 6", "return 0"),
    ),
    "a registry that is not used": (
        "from toy.registry import add\nadd(print)",
        ("methods.py", "return 1", "return 0"),
    ),
    "a file that is not read": (
        "from toy import files\nfiles.read_template()",
        ("unused/other.txt", "other", "another"),
    ),
    "what another run wrote": (
        "from toy.files import read_one\nread_one()",
        ("../data/runs/smoke/a.txt", "a", "b"),
    ),
    "a module that a local name hides": (
        "from toy.shadow import local\nlocal()",
        ("methods.py", "return 1", "return 0"),
    ),
}


def toy_package(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in PUBLISHED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "toy"


def before_and_after(
    folder: Path, code: str, change: tuple[str, str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a notebook depends on before and after a change of a file."""
    package = toy_package(folder)
    notebook = write_notebook(folder / "n.ipynb", "n = 1", code)
    before = dependencies(notebook, package=package)
    path, (_, old, new) = package / change[0], change
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    return before, dependencies(notebook, package=package)


@pytest.mark.parametrize(("code", "change"), RERUNS.values(), ids=RERUNS)
def test_it_runs_again(tmp_path: Path, code: str, change: tuple[str, str, str]) -> None:
    before, after = before_and_after(tmp_path, code, change)
    assert before != after


@pytest.mark.parametrize(("code", "change"), STANDS.values(), ids=STANDS)
def test_it_stands(tmp_path: Path, code: str, change: tuple[str, str, str]) -> None:
    before, after = before_and_after(tmp_path, code, change)
    assert before == after
    assert before, "it depends on something"


def test_a_change_names_the_function(tmp_path: Path) -> None:
    code, change = RERUNS["an import in a function"]
    before, after = before_and_after(tmp_path, code, change)
    changed = [name for name in before if name in after and before[name] != after[name]]
    assert changed == ["toy.lazy.late"]


def test_a_new_file_in_a_folder_counts(tmp_path: Path) -> None:
    package = toy_package(tmp_path)
    notebook = write_notebook(
        tmp_path / "n.ipynb", "n = 1", "from toy.files import read_published\nread_published()"
    )
    before = dependencies(notebook, package=package)
    (tmp_path / "data/published/b.txt").write_text("b")
    assert dependencies(notebook, package=package) != before


def test_a_notebook_that_is_not_python_depends_on_nothing(tmp_path: Path) -> None:
    assert dependencies(write_notebook(tmp_path / "n.ipynb", "n = 1", "a b")) == {}


# Runs a notebook's cells with the arguments NOTEBOOK FOLDER NAME=VALUE..., and prints the functions
# of the package that it called
CALLED = """
import inspect, json, sys
import json
import subprocess
import sys
from pathlib import Path
import gamelabel
from gamelabel.study.notebook_cells import code_of

notebook, folder, *values = sys.argv[1:]
package = Path(gamelabel.__file__).parent
called = set()


def note(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(f"{package}/"):
        called.add((code.co_filename, code.co_qualname))


import matplotlib
matplotlib.use("agg")
names = {"__name__": "__main__", "display": print}
cells = code_of(Path(notebook))
sys.setprofile(note)
for number, cell in enumerate(cells):
    exec(compile(cell, "cell", "exec"), names)
    if number == 0:
        names |= {"run_dir": f"{folder}/run", "report_dir": f"{folder}/report"}
        names |= {name: json.loads(value) for name, value in (v.split("=") for v in values)}
sys.setprofile(None)

reached = set()
for file, qualified in called:
    name = ".".join(Path(file).relative_to(package.parent).with_suffix("").parts)
    name, top = name.removesuffix(".__init__"), qualified.split(".")[0]
    body = inspect.isclass(getattr(sys.modules[name], top, None)) and qualified == top
    if not body and not top.startswith("<"):
        reached.add(f"{name}.{top}")
print(json.dumps(sorted(reached)))
"""


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("01_prompts", ["n_prompts=2000"]),
        ("06_real_crowds", ['crowds="rte"', "n_tasks=20", "n_replays=1", "replicates=5"]),
    ],
)
def test_every_function_that_a_notebook_calls_is_one_that_it_depends_on(
    tmp_path: Path, name: str, values: list[str]
) -> None:
    notebooks = PACKAGE.parent / "notebooks"
    command = [sys.executable, "-c", CALLED, f"{name}.ipynb", str(tmp_path), *values]
    done = subprocess.run(command, cwd=notebooks, capture_output=True, text=True, check=True)
    called = set(json.loads(done.stdout.splitlines()[-1]))
    assert len(called) > 50
    # what only returns its argument is not followed on import
    assert called - set(dependencies(notebooks / f"{name}.ipynb")) <= {"gamelabel.files.shipped"}
