"""The files to start from on other systems: their commands are parsed as the program parses them, and fit together."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
import yaml
from command import ROOT

from attrib_cli.app import build
from attrib_cli.config.load import load_config

FOLDER = ROOT / "examples" / "scale"


def commands(text: str) -> list[list[str]]:
    """The commands of attrib in a shell's text, each as its words."""
    lines = re.findall(
        r"(?:^|[ /;])attrib ((?:partial|report|export|dashboard) [^;\n]*)", text.replace("\\\n", " "), re.M
    )
    assert lines
    return [shlex.split(line.replace("$i", "1")) for line in lines]


def airflow(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the tasks of the DAG run, with the day filled in."""
    found: list[str] = []

    class BashOperator:
        def __init__(self, *, bash_command: str, **_: object) -> None:
            found.append(re.sub(r"{{.*?}}", "2026-10-01", bash_command))

        def __rshift__(self, other: object) -> object:
            return other

    modules = {
        "airflow.sdk": {"dag": lambda **_: lambda function: function},
        "airflow.providers.standard.operators.bash": {"BashOperator": BashOperator},
        "pendulum": {"datetime": lambda *_, **__: None},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    exec((FOLDER / "airflow_dag.py").read_text(), {})
    return "\n".join(found)


def kubernetes() -> str:
    """What the pods run, the first of each job."""
    jobs = yaml.safe_load_all((FOLDER / "kubernetes-job.yaml").read_text())
    texts = [job["spec"]["template"]["spec"]["containers"][0]["args"][0] for job in jobs]
    return "\n".join(texts).replace("$((JOB_COMPLETION_INDEX + 1))", "1").replace("$RUN_DAY", "2026-10-01")


def check(arguments: list[str]) -> dict[str, object]:
    """Parse a command as the program does, and return its options; raises what the program refuses it with."""
    whole = typer.main.get_command(build(arguments[:1]))
    context = whole.make_context("attrib", [], resilient_parsing=True)
    for name in arguments[: 2 if arguments[0] == "dashboard" else 1]:
        command = whole.get_command(context, name)  # type: ignore[attr-defined]
        assert command is not None
        arguments, whole = arguments[1:], command
        if hasattr(command, "get_command"):
            context = command.make_context(name, [], parent=context, resilient_parsing=True)
    return dict(whole.make_context("it", list(arguments), parent=context).params)


@pytest.mark.parametrize("file", ["airflow_dag.py", "kubernetes-job.yaml", "nightly.sh"])
def test_a_finish_asks_for_what_the_parts_are_of(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, days = (FOLDER / file).read_text(), {"first", "to"}
    if file == "nightly.sh":
        text = text.replace('"$year-01-01"', "2026-01-01").replace('"$day"', "2026-10-01")
    else:
        text, days = airflow(monkeypatch) if file == "airflow_dag.py" else kubernetes(), set()
    found = commands(text)
    (report,) = [check(words) for words in found if words[0] == "report"]
    parts = [check(words) for words in found if words[0] == "partial"]
    assert parts
    for part in parts:
        differ = {name for name, value in part.items() if name in report and report[name] != value}
        assert differ <= {"output", "partials", *days}
    shards = {str(part["shard"]) for part in parts}
    assert shards in ({"1/64"}, {"1/1"}, {f"{n}/16" for n in range(1, 17)})


@pytest.mark.parametrize("file", ["examples/scale/emr.sh", "examples/scale/nightly.sh", "docs/scale.md"])
def test_commands_parse(file: str) -> None:
    text = (ROOT / file).read_text()
    if file.endswith(".md"):
        text = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    for words in commands(text):
        check(words)


def test_the_notebook_of_databricks_asks_for_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("attrib_cli.app.run", asked.append)
    text = (FOLDER / "databricks.py").read_text()
    exec(text.replace("/Volumes/main/marketing/attrib", str(tmp_path)), {})
    (words,) = asked
    assert check(words)["output"] == str(tmp_path / "channels.xlsx")
    choice = load_config(tmp_path / "attrib.yaml").engine
    assert (choice.name, choice.shards) == ("spark", 256)
