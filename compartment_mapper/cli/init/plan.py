"""What ``init`` writes: computed and checked before the first file is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from compartment_mapper import errors
from compartment_mapper.cli.configuration.finding import configuration_for
from compartment_mapper.cli.configuration.model import CONFIGURATION_FILE, Configuration
from compartment_mapper.cli.configuration.reading import configuration_of
from compartment_mapper.cli.init.package_scripts import with_scripts
from compartment_mapper.cli.init.workflow import WORKFLOW_FILE, workflow_text
from compartment_mapper.cli.shared import read_file
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.policy_file import POLICY_FILE

SCRIPTS = {
    "bundle": "compartment-mapper bundle",
    "policy:infer": "compartment-mapper policy infer",
    "policy:check": "compartment-mapper policy check",
}
#: The entry of an application whose package.json names no main file.
_ENTRIES = tuple(
    f"{folder}{name}.{extension}"
    for folder in ("src/", "")
    for name in ("main", "index", "server", "app", "cli")
    for extension in ("js", "mjs", "cjs", "ts", "mts", "tsx", "jsx")
)

Action = Literal["written", "changed", "kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The folder of an application, and what it has already."""

    folder: Path
    package: str
    configuration: Configuration | None

    @property
    def value(self) -> Mapping[str, object]:
        """The content of package.json."""
        found: object = json.loads(self.package.removeprefix("\ufeff"))
        assert isinstance(found, dict)
        return found

    @property
    def policy_file(self) -> str:
        """The policy file, relative to the folder."""
        known = self.configuration
        if known is None or known.policy is None:
            return POLICY_FILE
        return os.path.relpath(known.policy, self.folder.resolve())

    def proposed_entry(self) -> str | None:
        """Return the entry to propose: the main file, or a file with a usual name."""
        program = self.value.get("bin")
        programs = [*program.values()] if isinstance(program, dict) else [program]
        names = (name for name in (self.value.get("main"), *programs) if isinstance(name, str))
        files = (name for name in (*names, *_ENTRIES) if (self.folder / name).is_file())
        return next(map(os.path.normpath, files), None)

    def known_scripts(self) -> set[str]:
        """Return the names of the scripts of ours that package.json has."""
        scripts = self.value.get("scripts")
        return {*SCRIPTS} & {*scripts} if isinstance(scripts, dict) else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The choices of a person."""

    entry: str
    output: str
    ci: str
    #: Whether to overwrite files and scripts.
    force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file of the project: its new content, or None to keep it."""

    name: str
    action: Action
    content: str | None = None
    #: What is in it, for people.
    detail: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {"file": self.name, "action": self.action}


def project_in(folder: str) -> Project:
    """Return the project in *folder*.

    Raises:
        InputError: ENTRY_OUTSIDE_PACKAGE, INVALID_PACKAGE_JSON, INVALID_CONFIGURATION.
    """
    path = Path(folder)
    if not (path / "package.json").is_file():
        raise InputError(errors.no_project(folder))
    try:
        content = read_file(str(path / "package.json")).decode("utf-8")
        value: object = json.loads(content.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as problem:
        raise InputError(errors.unreadable_package_json(str(problem))) from problem
    if not isinstance(value, dict) or not isinstance(value.get("scripts", {}), dict):
        raise InputError(errors.unreadable_package_json("it, and its scripts, must be objects"))
    return Project(folder=path, package=content, configuration=configuration_for(folder))


def planned_files(project: Project, answers: Answers) -> Iterator[PlannedFile]:
    """Yield the files besides the policy, in the order of writing."""
    yield _configuration(project, answers)
    yield _package_json(project, answers)
    if answers.ci == "github":
        yield _workflow(project, answers)


def _configuration(project: Project, answers: Answers) -> PlannedFile:
    known = project.configuration
    is_in_package = known is not None and not known.file.endswith(".toml")
    if known is not None and (is_in_package or not answers.force):
        name = "package.json" if is_in_package else CONFIGURATION_FILE
        return PlannedFile(name=name, action="kept", detail="the configuration")
    values = {"entry": answers.entry, "output": answers.output}
    configuration_of(values, folder=str(project.folder.resolve()), file=CONFIGURATION_FILE)
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    detail = ", ".join(f"{key} {value}" for key, value in values.items())
    return PlannedFile(name=CONFIGURATION_FILE, action="written", content=text, detail=detail)


def _package_json(project: Project, answers: Answers) -> PlannedFile:
    text = with_scripts(project.package, SCRIPTS, replaces=answers.force)
    known = set() if answers.force else project.known_scripts()
    new = [name for name in SCRIPTS if name not in known]
    kept = f"kept its own {', '.join(sorted(known))}" if known else ""
    if text == project.package:
        return PlannedFile(name="package.json", action="kept", detail="scripts")
    detail = ", ".join(filter(None, (f"scripts {', '.join(new)}", kept)))
    return PlannedFile(name="package.json", action="changed", content=text, detail=detail)


def _workflow(project: Project, answers: Answers) -> PlannedFile:
    if (project.folder / WORKFLOW_FILE).exists() and not answers.force:
        return PlannedFile(name=WORKFLOW_FILE, action="kept", detail="the workflow")
    text = workflow_text({path.name for path in project.folder.iterdir()})
    return PlannedFile(name=WORKFLOW_FILE, action="written", content=text, detail="policy check")


def write_files(project: Project, files: list[PlannedFile]) -> None:
    """Write the planned files, or none.

    Raises:
        InputError: CANNOT_WRITE.
    """
    written = [file for file in files if file.content is not None]
    for file in written:
        _check_place(project.folder, file.name)
    for file in written:
        path = project.folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        Disk().write(str(path), (file.content or "").encode())


def _check_place(folder: Path, name: str) -> None:
    """Reject a file that is a folder, below a file, or outside of the project by a link."""
    path = folder / name
    above = next(each for each in path.parents if os.path.lexists(each))
    if path.is_dir():
        why = "it is a folder"
    elif not above.is_dir():
        why = f"'{os.path.relpath(above, folder)}' is no folder"
    elif not above.resolve().is_relative_to(folder.resolve()):
        why = f"'{os.path.relpath(above, folder)}' leads out of the project"
    else:
        return
    raise InputError(errors.cannot_write(name, why, "move it away, or omit it: `init --ci none`"))
