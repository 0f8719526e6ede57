"""Documents for developers say what is there: commands, words, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import reference

ROOT = Path(__file__).parents[2]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "attrib_cli").rglob("*.py")))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md", *(ROOT / "docs").glob("*.md")]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", GLOSSARY, re.MULTILINE)


def test_the_references_are_as_the_program_prints_them() -> None:
    """Where this fails: python -m tools.reference."""
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == reference.commands()
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == reference.configuration(page)
    pages = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
    assert [name for name, text in pages.items() if reference.with_lists(text) != text] == []
    systems = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "systems").glob("*.md")}
    assert systems == reference.systems()
    assert sum(text.count("<!-- printed:") for text in pages.values()) >= len(reference.LISTS)


@pytest.mark.parametrize(("term", "meaning"), TERMS)
def test_a_word_of_the_glossary_is_one_of_the_code_and_the_documents(term: str, meaning: str) -> None:
    words = r"[-\s_]*".join(re.split("[- ]", term))
    pattern = re.compile(rf"\b{words}(s|es)?\b", re.IGNORECASE)
    assert pattern.search(CODE), f"the code does not say '{term}'"
    pages = [path for path in PAGES if path.name != "glossary.md" and pattern.search(path.read_text(encoding="utf-8"))]
    assert pages, f"no document says '{term}'"
    assert meaning.endswith((".", ")."))


def test_the_glossary_says_each_word_once() -> None:
    assert len(TERMS) == len({term for term, _ in TERMS}) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:attrib_cli|tests|tools|docs|benchmarks)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path


def test_the_page_of_contributors_names_every_task() -> None:
    tasks = re.findall(r"^(\w[\w-]*)[^:=\n]*:(?!=)", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"setup", "check", "test", "test-lowest", "reference", "release"} <= set(tasks)
