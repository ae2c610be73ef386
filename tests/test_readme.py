"""What the README promises: its program prints its numbers, its links lead somewhere, CI runs its tests."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_program_prints_what_its_comments_say():
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    promised = re.search(r"^print\(.*\)  # (.*)$", program, re.MULTILINE)[1]
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == promised
    x, w, b = 2.0, -1.5, 4.0  # the same numbers by the chain rule
    outer = 2 * (w * x + b - 3)
    assert promised == f"{outer * x} {outer} {outer * w}"


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


def test_every_lesson_is_linked():
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{notebook.name})" in README


def test_continuous_integration_calls_the_test_command():
    command = 'python -m pip install -e ".[test]" && python -m pytest'
    assert f"```\n{command}\n```" in README
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
