"""``policy review``: decide about one capability after another."""

from __future__ import annotations

import sys
from collections import Counter

import click

from compartment_mapper import errors
from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.bundle.application import Application
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.policy.loading import LoadOptions, load, load_options, shown_path
from compartment_mapper.cli.policy.override_file import OverrideFile
from compartment_mapper.cli.policy.questions import Answer, Question, Review
from compartment_mapper.cli.policy_files import POLICY_OPTION, policy_file
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.decision import parsed_policy, policy_beside
from compartment_mapper.inference.open_decisions import OpenDecision, open_decisions
from compartment_mapper.inference.policy_file import OVERRIDE_FILE, POLICY_FILE
from compartment_mapper.inference.uses import every_use
from compartment_mapper.locations import Location, path_of
from compartment_mapper.policy.model import Policy

#: In the order of the summary.
_DONE: dict[Answer, str] = {
    "grant": "granted",
    "limit": "limited",
    "deny": "denied",
    "skip": "skipped",
}


@click.command(
    "review",
    cls=configured(needs="entry", entry="entry"),
    short_help="Decide about one capability after another.",
    epilog="Example: compartment-mapper policy review src/main.js",
)
@click.argument("entry", type=PATH)
@POLICY_OPTION
@click.option(
    "--policy-override",
    "override",
    type=PATH,
    metavar="FILE",
    help="Write the decisions to FILE. Default: compartment-policy-override.json beside "
    "package.json.",
)
@click.option(
    "--min-severity",
    "minimum",
    type=click.Choice([level for level in SEVERITIES if level != "harmless"]),
    default="medium",
    show_default=True,
    help="Skip capabilities below this severity.",
)
@load_options
@reporting
def review_command(
    *,
    entry: str,
    policy: str | None,
    override: str | None,
    minimum: Severity,
    loading: LoadOptions,
) -> None:
    """Ask about each capability of a dependency that nobody decided about, most severe first.

    Each question shows the code of the first use. Each answer is written to the override file
    immediately, so a review can be interrupted and continued. `policy infer` never changes that
    file. Decisions are kept when a dependency changes; new capabilities are asked about again.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            errors.not_interactive("policy review", "use `policy infer` and `policy check`")
        )
    application = load(entry, loading)
    target = override or path_of(Location(application.root + OVERRIDE_FILE))
    file = OverrideFile(target)
    decisions = _open(application, _policy_for(application, policy), file, minimum)
    if not decisions:
        show(f"every capability of severity {minimum} or higher is decided")
        return
    counts = _ask(Review(application=application, file=file), decisions)
    left = len(decisions) - sum(counts.values())
    parts = [f"{counts[answer]} {text}" for answer, text in _DONE.items() if counts[answer]]
    show(", ".join([*parts, *([f"{left} left" if left else "none left"])]))
    if sum(counts.values()) > counts["skip"]:
        show(f"the decisions are in {shown_path(target)}: commit it beside the policy")
    if left or counts["skip"]:
        show("run the command again to continue")


def _ask(review: Review, decisions: list[OpenDecision]) -> Counter[Answer]:
    """Ask the questions, and return how many got which answer."""
    counts: Counter[Answer] = Counter()
    answered: set[OpenDecision] = set()
    for number, decision in enumerate(decisions, 1):
        if decision in answered:
            continue
        if review.file.grants(decision.use):
            answered.add(decision)
            counts["grant"] += 1
            continue
        same = [
            other
            for other in decisions
            if other.capability == decision.capability and other not in answered
        ]
        question = Question(decision=decision, same=tuple(same), place=f"{number}/{len(decisions)}")
        answer, decided = review.ask(question)
        if answer == "quit":
            break
        counts[answer] += len(decided)
        answered.update(decided)
    return counts


def _policy_for(application: Application, path: str | None) -> Policy:
    beside, _ = policy_beside(application.root, Disk())
    file = policy_file(path) if path else beside
    if file is None:
        raise InputError(errors.no_policy(POLICY_FILE))
    return parsed_policy(file)


def _open(
    application: Application, policy: Policy, file: OverrideFile, minimum: Severity
) -> list[OpenDecision]:
    every = every_use(application.modules, application.packages, page=application.in_page)
    return open_decisions(application.uses, every, policy, file.policy, minimum=minimum)
