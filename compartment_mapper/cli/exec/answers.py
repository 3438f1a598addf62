"""Answers to the requests of a tool for modules at run time."""

from __future__ import annotations

import base64
import json
import os
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from compartment_mapper import errors
from compartment_mapper.cli.cached_build import Order, options_of
from compartment_mapper.cli.shared import entry_location, read_file
from compartment_mapper.cli.timings import Stages
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.locations import Specifier, location_of_path

if TYPE_CHECKING:
    from compartment_mapper.bundle.additions import Answer, OpenApplication, RunTimeRequest


class Answers:
    """Answers to requests; the first one imports what it needs.

    Policies are read now: the tool may be able to change the files.

    Args:
        order: The parameters of the archive.
        map_text: The map of the archive.
        output: The policy file to write at the end, if any.
    """

    def __init__(self, order: Order, map_text: bytes, output: str | None) -> None:
        choices = order.choices
        self._files = {path: read_file(path) for path in (choices.policy, choices.override) if path}
        self._output = output
        self._before = None if output is None else _maybe_read(output)
        self._order = order
        self._map_text = map_text
        self._held = ExitStack()
        self._application: OpenApplication | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held.close()

    def answer(self, line: bytes) -> bytes:
        """Return the answer to the request in *line*, as JSON."""
        request = json.loads(line)
        found = self._answer_to(request)
        return json.dumps({"id": request["id"], **found}).encode()

    def write_policy(self) -> str | None:
        """Write the policy of everything that was loaded to the output, and return a summary.

        Raises:
            InputError: POLICY_CHANGED.
        """
        from compartment_mapper.bundle.application import with_grants  # noqa: PLC0415 - 100 ms
        from compartment_mapper.bundle.bundling import loaded  # noqa: PLC0415 - 100 ms
        from compartment_mapper.cli.policy.proposing import (  # noqa: PLC0415 - 100 ms
            proposed_policy,
        )
        from compartment_mapper.inference.decision import (  # noqa: PLC0415 - 100 ms
            PolicyFile,
            parsed_policy,
        )
        from compartment_mapper.policy.format import policy_text  # noqa: PLC0415 - 100 ms
        from compartment_mapper.report.policy_text import (  # noqa: PLC0415 - 100 ms
            policy_summary_text,
        )

        path, before = self._output, self._before
        if path is None:
            return None
        known = None if before is None else parsed_policy(PolicyFile(text=before, name=path))
        opened = self._opened
        first = loaded(
            entry_location(self._order.entry), options=opened.options, powers=opened.powers
        )
        application = opened.complete(first)
        policy = with_grants(
            proposed_policy(application, known), application, self._order.choices.grant
        )
        if _maybe_read(path) != before:
            raise InputError(errors.policy_changed(path))
        Disk().write(path, policy_text(policy).encode())
        return f"{path}: {len(policy.resources)} packages, {policy_summary_text(policy)}"

    def _answer_to(self, request: dict[str, object]) -> dict[str, object]:
        try:
            return _to_dict(self._opened.answer(_request_of(request)))
        except InputError as problem:
            first = problem.problems[0]
            return {"code": first.code, "message": first.message}

    @property
    def _opened(self) -> OpenApplication:
        if self._application is None:
            self._application = self._made()
        return self._application

    def _made(self) -> OpenApplication:
        from compartment_mapper.archive.compartment_map import (  # noqa: PLC0415 - 30 ms
            map_from_dict,
        )
        from compartment_mapper.bundle.additions import OpenApplication  # noqa: PLC0415 - 100 ms
        from compartment_mapper.cli import building  # noqa: PLC0415 - 100 ms

        choices, project = self._order.choices, self._order.project
        assert project is not None
        options = options_of(self._order, self._files)
        powers = self._held.enter_context(
            building.powers_of(building.hosting_of(choices), disk=Disk(), stages=Stages())
        )
        return OpenApplication(
            root=entry_location(project),
            options=options,
            powers=powers,
            map=map_from_dict(json.loads(self._map_text)),
        )


def _maybe_read(path: str) -> bytes | None:
    return read_file(path) if os.path.lexists(path) else None


def _request_of(request: dict[str, object]) -> RunTimeRequest:
    from compartment_mapper.bundle.additions import RunTimeRequest  # noqa: PLC0415 - 100 ms

    kind, attribute_type = request["kind"], request.get("type")
    return RunTimeRequest(
        compartment=str(request["compartment"]),
        referrer=location_of_path(str(request["referrer"])),
        kind="require" if kind == "require" else "import",
        specifier=Specifier(str(request["specifier"])),
        attribute_type=attribute_type if isinstance(attribute_type, str) else None,
    )


def _to_dict(answer: Answer) -> dict[str, object]:
    from compartment_mapper.bundle import additions  # noqa: PLC0415 - 100 ms

    match answer:
        case additions.Refused(code=code, message=message, place=place):
            return {"code": code, "message": message, **({"place": place} if place else {})}
        case additions.Denied(package=package):
            return {"denied": package}
        case additions.Resolved(path=path):
            return {"path": path}
        case additions.Added():
            return {
                "compartment": answer.compartment,
                "module": answer.module,
                "compartments": answer.map.to_dict()["compartments"],
                "files": {
                    path: base64.b64encode(content).decode()
                    for path, content in answer.files.items()
                },
            }
