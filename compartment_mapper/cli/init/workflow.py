"""A GitHub Actions workflow that checks a project."""

from __future__ import annotations

from collections.abc import Container

from compartment_mapper import __version__

WORKFLOW_FILE = ".github/workflows/compartment-mapper.yml"

#: The install command without scripts, by the lock file that selects it.
_INSTALLS = {
    "pnpm-lock.yaml": ("corepack enable", "pnpm install --frozen-lockfile --ignore-scripts"),
    "yarn.lock": ("corepack enable", "yarn install --frozen-lockfile --ignore-scripts"),
    "package-lock.json": ("npm ci --ignore-scripts",),
    "npm-shrinkwrap.json": ("npm ci --ignore-scripts",),
}

_WORKFLOW = """\
name: compartment-mapper

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  policy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
        with:
          persist-credentials: false
      - uses: actions/setup-node@v5
        with:
          node-version: 24
{install}
      # Checks the policy, and annotates the pull request. Pin the action to a commit.
      - uses: compartment-mapper/compartment-mapper/action@v{version}
"""


def workflow_text(files: Container[str]) -> str:
    """Return the workflow for a project with *files* in its folder."""
    commands = next(
        (commands for name, commands in _INSTALLS.items() if name in files),
        ("npm install --ignore-scripts",),
    )
    install = "\n".join(f"      - run: {command}" for command in commands)
    return _WORKFLOW.format(install=install, version=__version__)
