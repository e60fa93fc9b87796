"""Every requirement R1 to R45 has a test that names it."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
WANTED = {f"r{number}" for number in range(1, 46)}


def named() -> dict[str, list[str]]:
    """{r13: [functions]}, over the whole suite."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in re.findall(r"(?<![a-z0-9])r(\d{1,2})(?=_)", node.name):
                    found.setdefault(f"r{int(number)}", []).append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def test_each_requirement_has_a_test_that_names_it() -> None:
    assert not sorted(WANTED - named().keys(), key=lambda name: int(name[1:]))


if __name__ == "__main__":
    for name, tests in sorted(named().items(), key=lambda pair: int(pair[0][1:])):
        print(name.upper(), *tests, sep="\n    ")
