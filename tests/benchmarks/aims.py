"""Performance targets, and their verdicts on results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from benchmarks import growth
from benchmarks.plan import OURS, OURS_IN_NODE
from benchmarks.series import Key, Metric, Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Faster:
    """The rival's figure must be a multiple of ours."""

    ours: Key
    rival: Key
    times: float
    metric: Metric = "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """Our figure must be at most a multiple of the rival's."""

    ours: Key
    rival: Key
    times: float
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Our figure has a maximum: milliseconds, megabytes, or bytes of a size."""

    ours: Key
    limit: float
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """The marginal cost must not grow from the first pair of sizes to the second."""

    sizes: tuple[growth.Generated, ...]
    group: str
    metric: Metric


Aim = Faster | AtMost | Within | Linear

#: The tolerance for marginal costs in the larger application: noise, and the depth of trees.
LINEAR_WITHIN = 1.25


#: `rival fails`: there is no figure for comparison.
Verdict = Literal["yes", "no", "not measured", "rival fails"]


@dataclass(frozen=True, slots=True)
class PolicyDiagnostic:
    """The verdict on one target."""

    #: The application, or the figure of the generated ones.
    label: str
    #: For example ``8.30``; empty if there is no figure.
    measured: str
    met: Verdict


def judge(aim: Aim, results: Results) -> PolicyDiagnostic:
    """Return the verdicts on *aim* in *results*."""
    match aim:
        case Faster():
            return _judge_faster(aim, results)
        case AtMost():
            return _judge_at_most(aim, results)
        case Within():
            return _judge_within(aim, results)
        case Linear():
            return _judge_linear(aim, results)
        case _:
            assert_never(aim)


def verdict(findings: Sequence[PolicyDiagnostic]) -> Verdict:
    """Return whether all parts of a target are met, except where rivals fail."""
    order: tuple[Verdict, ...] = ("no", "not measured", "yes")
    found = {finding.met for finding in findings}
    return next((met for met in order if met in found), "rival fails")


def _figure(key: Key, metric: Metric, results: Results) -> float | None:
    series = results.get(key)
    if series is None or (_is_ours(key) and series.flaw is not None):
        return None
    found = series.spread(metric)
    return found.median if found is not None else None


def _is_ours(key: Key) -> bool:
    return key.tool in {OURS, OURS_IN_NODE}


def _missing(keys: Sequence[Key], metric: Metric, results: Results) -> PolicyDiagnostic | None:
    """Return the verdict if one of *keys* has no figure: a miss if it is ours."""
    for key in keys:
        label = _label(key)
        if key not in results:
            return PolicyDiagnostic(label, "", "not measured")
        if _figure(key, metric, results) is None:
            return PolicyDiagnostic(
                label, f"{key.tool} fails", "no" if _is_ours(key) else "rival fails"
            )
    return None


def _label(key: Key) -> str:
    generated = key.group.startswith("growth")
    return key.application if generated else key.application.upper()


def _met(condition: bool) -> Verdict:  # noqa: FBT001 - the condition itself
    return "yes" if condition else "no"


def _judge_faster(aim: Faster, results: Results) -> PolicyDiagnostic:
    missing = _missing([aim.ours, aim.rival], aim.metric, results)
    if missing is not None:
        return missing
    ratio = _ratio(aim.rival, aim.ours, aim.metric, results)
    in_cpu = _ratio(aim.rival, aim.ours, "cpu", results)
    shown = f"{ratio:.2f} (CPU {in_cpu:.2f})"
    return PolicyDiagnostic(_label(aim.ours), shown, _met(ratio >= aim.times))


def _judge_at_most(aim: AtMost, results: Results) -> PolicyDiagnostic:
    missing = _missing([aim.ours, aim.rival], aim.metric, results)
    if missing is not None:
        return missing
    ratio = _ratio(aim.ours, aim.rival, aim.metric, results)
    return PolicyDiagnostic(_label(aim.ours), f"{ratio:.2f}", _met(ratio <= aim.times))


def _judge_within(aim: Within, results: Results) -> PolicyDiagnostic:
    missing = _missing([aim.ours], aim.metric, results)
    if missing is not None:
        return missing
    figure = _figure(aim.ours, aim.metric, results)
    assert figure is not None
    size = aim.metric == "size"
    shown = f"{figure / 1e6:.2f} MB" if size else f"{figure:.0f} {_UNIT[aim.metric]}"
    return PolicyDiagnostic(_label(aim.ours), shown, _met(figure <= aim.limit))


_UNIT = {"wall": "ms", "cpu": "ms", "memory": "MB"}


def _ratio(above: Key, below: Key, metric: Metric, results: Results) -> float:
    """Return the quotient of two existing figures."""
    first, second = _figure(above, metric, results), _figure(below, metric, results)
    assert first is not None
    assert second is not None
    return first / second


def _judge_linear(aim: Linear, results: Results) -> PolicyDiagnostic:
    keys = [Key(aim.group, generated.name, OURS) for generated in aim.sizes]
    missing = _missing(keys, aim.metric, results)
    if missing is not None:
        return missing
    low, high = marginal_costs(aim, results)
    name = "memory" if aim.metric == "memory" else "time"
    if low <= 0:
        return PolicyDiagnostic(name, "too little to tell", "not measured")
    return PolicyDiagnostic(name, f"{high / low:.2f}", _met(high / low <= LINEAR_WITHIN))


def marginal_costs(aim: Linear, results: Results) -> tuple[float, float]:
    """Return the marginal costs from the first size to the second, and from there to the third."""
    counts = [generated.count for generated in aim.sizes]
    figures = [
        _figure(Key(aim.group, generated.name, OURS), aim.metric, results) or 0.0
        for generated in aim.sizes
    ]
    low = (figures[1] - figures[0]) / (counts[1] - counts[0])
    high = (figures[2] - figures[1]) / (counts[2] - counts[1])
    return low, high
