"""The policy that inference proposes for a file, with the decisions that the file has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compartment_mapper.bundle.application import Application, inferred_policy
from compartment_mapper.cli.policy.reviewing import with_decided_scripts
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.inference.audit import AuditedUse, with_audit
from compartment_mapper.inference.decision import parsed_policy
from compartment_mapper.inference.policy_file import with_decisions, with_harmless
from compartment_mapper.policy.model import Policy


def known_policy(path: str) -> Policy | None:
    """Return the policy of an existing file, or None.

    Raises:
        InputError: INVALID_POLICY.
    """
    return parsed_policy(policy_file(path)) if Path(path).is_file() else None


def proposed_policy(
    application: Application,
    known: Policy | None,
    *,
    scopes: bool = True,
    audited: Iterable[AuditedUse] = (),
) -> Policy:
    """Return the inferred policy with the decisions of *known*.

    Args:
        application: The application.
        known: The policy of the existing file.
        scopes: Whether grants are restricted to the hosts and files that the source shows.
        audited: What a run used, to which grants are restricted.
    """
    policy = inferred_policy(application, scopes=scopes)
    if known is not None:
        written = policy if known.harmless else with_harmless(policy, application.uses)
        policy = with_decisions(written, known)
    policy = with_audit(policy, audited)
    return with_decided_scripts(policy, known, application.root)
