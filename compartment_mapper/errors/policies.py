"""Problems of policies."""

from __future__ import annotations

from collections.abc import Sequence

from compartment_mapper.errors.diagnostic import Diagnostic, Place, did_you_mean


def invalid_policy(file: str, problem: str, hint: str = "") -> Diagnostic:
    """A policy file violates the format in ``docs/formats/policy.md``."""
    return Diagnostic(code="INVALID_POLICY", message=problem, place=Place(file=file), hint=hint)


def policy_too_narrow(
    place: Place, *, package: str, authority: str, severity: str, line: str, file: str
) -> Diagnostic:
    """A package uses a capability that the policy neither grants nor denies."""
    return Diagnostic(
        code="POLICY_TOO_NARROW",
        message=f"{package} uses {authority} ({severity}), which {file} does not cover",
        place=place,
        hint=f"in {file}: {line}   (false denies it); `compartment-mapper policy infer` adds all "
        "missing entries",
    )


def invalid_audit(file: str) -> Diagnostic:
    """A file is not the audit of a run."""
    return Diagnostic(
        code="INVALID_AUDIT",
        message="the file is not an audit",
        place=Place(file=file),
        hint="`compartment-mapper run --audit-output FILE ENTRY` writes one",
    )


def policy_names_unknown_package(file: str, package: str, near: str) -> Diagnostic:
    """The policy names an unreachable package; an error if the name is almost right."""
    return Diagnostic(
        code="POLICY_UNKNOWN_PACKAGE",
        message=f"the policy has an entry for '{package}', which is not part of the application",
        place=Place(file=file),
        hint=near or "remove it, unless another entry of the application reaches that package",
        severity="error" if near else "warning",
    )


def policy_of_other_version(file: str, package: str, versions: tuple[str, str]) -> Diagnostic:
    """The policy covers another version of a package."""
    expected, found = versions
    return Diagnostic(
        code="POLICY_STALE",
        message=f"the policy covers '{package}' {expected}, but {found or 'no version'} is "
        "installed",
        place=Place(file=file),
        hint="run `compartment-mapper policy check` to see what changed, then `policy infer`",
        severity="warning",
    )


def policy_of_other_files(file: str, package: str, version: str) -> Diagnostic:
    """A package has the expected version, but other files."""
    return Diagnostic(
        code="POLICY_INTEGRITY",
        message=f"the files of '{package}' {version} differ from those in the policy",
        place=Place(file=file),
        hint="reinstall it; if the change is intended, run `compartment-mapper policy infer`",
    )


def no_policy(name: str) -> Diagnostic:
    """A required policy file does not exist."""
    return Diagnostic(
        code="POLICY_NOT_FOUND",
        message=f"there is no {name} beside the application's package.json",
        hint="create one with `compartment-mapper policy infer ENTRY`, or name one with --policy "
        "FILE",
    )


def capability_not_used(package: str, authority: str, known: Sequence[str]) -> Diagnostic:
    """The named capability is not used by the package."""
    shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")  # noqa: PLR2004 - a line
    return Diagnostic(
        code="CAPABILITY_NOT_USED",
        message=f"the code of '{package}' does not use '{authority}'",
        hint=did_you_mean(authority, known) or (f"it uses: {shown}" if known else "it uses none"),
    )


def invalid_grant(text: str, hint: str) -> Diagnostic:
    """A ``--grant`` option is malformed."""
    return Diagnostic(
        code="INVALID_GRANT",
        message=f"--grant '{text}' must be PACKAGE:CAPABILITY, where the capability is a builtin "
        "or a global",
        hint=hint or "for example: --grant 'esbuild:child_process.spawn'",
    )


def patches_another(place: Place, package: str, target: str, file: str) -> Diagnostic:
    """A package modifies the exports of another, which are hardened by default."""
    name = "the application" if package == "$root$" else f"package '{package}'"
    key = "entry" if target == "$root$" else f'resources["{target}"]'
    return Diagnostic(
        code="POLICY_TOO_NARROW",
        message=f"{name} modifies the exports of '{target}', which {file} does not cover",
        place=place,
        hint=f'in {file}: {key}.harden = false   ("code" denies it)',
    )


def new_sign(place: Place, package: str, text: str) -> Diagnostic:
    """A package has a sign in more places than at the review."""
    return Diagnostic(
        code="NEW_SIGN",
        message=f"package '{package}' {text}",
        place=place,
        hint="look at the code: a sign is no verdict; `compartment-mapper policy infer` records it",
        severity="warning",
    )


def install_script_not_reviewed(file: str, package: str, script: str, kind: str) -> Diagnostic:
    """An installed package has a lifecycle script that the policy does not have."""
    return Diagnostic(
        code="INSTALL_SCRIPT_CHANGED",
        message=f"the install script of '{package}' was {kind}: {script}",
        place=Place(file=file),
        hint="review the script and the files that it names; `compartment-mapper policy infer` "
        "records it, as not allowed to run",
    )


def install_script_failed(package: str, event: str, status: int) -> Diagnostic:
    """An allowed lifecycle script ended with an error."""
    return Diagnostic(
        code="INSTALL_SCRIPT_FAILED",
        message=f"the {event} script of '{package}' ended with status {status}; the scripts after "
        "it did not run",
        hint="its output is above; run `compartment-mapper install-scripts run` again afterwards",
    )


def no_install_scripts_recorded(file: str) -> Diagnostic:
    """The policy was written without a record of install scripts."""
    return Diagnostic(
        code="INSTALL_SCRIPTS_NOT_RECORDED",
        message="the policy does not record install scripts, so none is allowed",
        place=Place(file=file),
        hint="run `compartment-mapper policy infer ENTRY`, review its installScripts, and set "
        '"run": true for those to run',
    )


def shim_not_found(name: str) -> Diagnostic:
    """A shim is no module of the application or of its dependencies."""
    return Diagnostic(
        code="SHIM_NOT_FOUND",
        message=f"there is no module '{name}' to run as a shim",
        hint="name a module as a package would import it: core-js/actual/iterator, ./shim.js, or "
        "by its canonical name: a>b/file.js",
    )


def shim_changed(name: str, file: str) -> Diagnostic:
    """A shim, or a module that it loads, differs from the policy."""
    return Diagnostic(
        code="SHIM_CHANGED",
        message=f"the shim '{name}' is not the one that {file} lists: its source, or that of a "
        "module that it loads, has another hash",
        hint="review the change; then remove its entry from the policy and run `policy infer "
        "--shim` again",
    )


def late_shim(place: Place, options: Sequence[str], reason: str) -> Diagnostic:
    """Modules that extend the language are loaded after the lockdown."""
    flags = " ".join(f"--shim '{option}'" for option in options)
    return Diagnostic(
        code="LATE_SHIM",
        message=f"'{options[0]}' extends the language, which is locked before any package runs: "
        f"{reason}",
        place=place,
        hint=f"to run it before the lockdown, with nothing but the language: {flags}",
        severity="warning",
    )


def shim_restored(name: str, properties: Sequence[str]) -> Diagnostic:
    """A shim replaces functions of the language, which is not possible."""
    more = len(properties) - _SHOWN
    return Diagnostic(
        code="SHIM_RESTORED",
        message=f"the shim '{name}' replaces {', '.join(properties[:_SHOWN])}"
        + (f" and {more} more" if more > 0 else "")
        + ": they were put back, since other code relies on them",
        hint="a polyfill that only mends an engine works without; a package that observes all "
        "calls, such as zone.js, does not",
        severity="warning",
    )


#: The number of properties that a message shows.
_SHOWN = 6


def shim_refused(lines: str) -> Diagnostic:
    """A shim failed, or did what no policy can allow."""
    return Diagnostic(
        code="SHIM_REFUSED",
        message=lines,
        hint="a shim has only the language, and may only add properties; load only parts of the "
        "package, or another version",
    )


def shim_in_sandbox(text: str) -> Diagnostic:
    """An archive for a sandbox has a shim."""
    return Diagnostic(
        code="SHIM_IN_SANDBOX",
        message=f"{text}: the realm of a sandbox is locked down already",
        hint="bundle the archive without --shim, or run it with `compartment-mapper run`",
    )
