"""What the package imports is what pyproject.toml declares, so that an installation is whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml

TOP = Path(__file__).parent.parent


def imported() -> set[str]:
    found = set()
    for path in (TOP / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {path.name for path in (TOP / "src").iterdir()}


def declared() -> set[str]:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in project["dependencies"] + extras}


def test_no_import_depends_on_what_another_package_happens_to_bring():
    distributions = packages_distributions()
    missing = {
        module
        for module in imported()
        if not {name.lower().replace("_", "-") for name in distributions.get(module, [module])} & declared()
    }
    assert not missing


def test_starting_a_notebook_compiles_no_grammar_of_addresses():
    """jsonschema 4.25 and 4.26 do so where they are imported, for four seconds: the lock keeps to an older one."""
    locked = re.search(r"^jsonschema==(\d+)\.(\d+)", (TOP / "requirements.lock").read_text(), re.MULTILINE)
    assert (int(locked[1]), int(locked[2])) < (4, 25)
    code = "import papermill, sys; sys.exit('lark' in sys.modules)"
    assert not subprocess.run([sys.executable, "-c", code]).returncode


def test_a_commit_is_checked_by_the_ruff_that_the_lock_installs():
    hooks = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    size = next(hook["entry"] for hook in hooks if hook["id"] == "notebook-size")
    assert "150 * 1024" in size and "150 * 1024" in (TOP / "tests/test_notebooks.py").read_text()
    locked = re.search(r"^ruff==.*", (TOP / "requirements.lock").read_text(), re.MULTILINE)[0]
    assert [hook["additional_dependencies"] for hook in hooks if hook["id"].startswith("ruff")] == [[locked]] * 2
