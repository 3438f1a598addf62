"""Restrict the policy of an archive with ``run --policy``."""

from __future__ import annotations

import json

from compartment_mapper.archive.compartment_map import policy_of_map
from compartment_mapper.archive.reader import unpack
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.shared import read_file
from compartment_mapper.inference.decision import given_policy
from compartment_mapper.policy.merge import restrict_policy


def restricted_policies(archive: str, policy: str | None, override: str | None) -> str:
    """Return the intersection of the archive's policy and the files, as JSON."""
    given = given_policy(
        policy_file(policy) if policy else None, policy_file(override) if override else None
    )
    if given is None:
        return ""
    found = unpack(read_file(archive)).map
    labels = [compartment.label for compartment in found.compartments.values()]
    restricted = restrict_policy(policy_of_map(found), given.policy, labels)
    return json.dumps({label: restricted.of(label).to_endo() for label in labels})
