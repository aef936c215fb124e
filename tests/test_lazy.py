"""Names that a package offers before their modules are imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from newsclust.lazy import offered


def test_each_name_is_the_modules_own_and_others_are_refused():
    names, get, everything = offered(
        "json", {"decoder": "JSONDecoder JSONDecodeError", "encoder": "JSONEncoder"}, "tool"
    )
    assert names == everything() == ["JSONDecodeError", "JSONDecoder", "JSONEncoder", "tool"]
    assert get("JSONDecoder") is json.JSONDecoder and get("tool").__name__ == "json.tool"
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'dumps'"):
        get("dumps")


def test_a_module_is_imported_only_when_its_name_is_used():
    code = """import sys; from newsclust.lazy import offered
names, get, _ = offered("xml", {"dom.minidom": "parseString"})
assert "xml.dom.minidom" not in sys.modules; get("parseString"); assert "xml.dom.minidom" in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True)
