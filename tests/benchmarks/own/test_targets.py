"""Targets and tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import growth
from benchmarks.__main__ import BEGIN, DOCS, END, between_markers, main
from benchmarks.aims import (
    Aim,
    AtMost,
    Faster,
    Linear,
    PolicyDiagnostic,
    Verdict,
    Within,
    judge,
    verdict,
)
from benchmarks.measure import Sample
from benchmarks.plan import COLD, COMPRESSED, GROWTH, OURS, RUN
from benchmarks.record import Record, as_json, from_json
from benchmarks.rounds import Limits
from benchmarks.series import Key, Results, Series
from benchmarks.tables import markdown
from benchmarks.targets import TARGETS
from support import ROOT

MINE, RIVAL, BROKEN, WRONG = (Key(COLD, "m", tool) for tool in (OURS, "Endo", "rollup", "webpack"))
MY_BROKEN, MY_WRONG = (Key(group, "m", OURS) for group in (RUN, COMPRESSED))
ABSENT = Key(COLD, "xl", OURS)


def series(*walls: float, memory: float = 50, failure: str | None = None) -> Series:
    samples = [Sample(wall=wall, cpu=wall * 2, memory=memory) for wall in walls]
    return Series(samples=samples, failure=failure)


def results() -> Results:
    measured = {
        MINE: series(90, 100, 500),
        RIVAL: series(1000, 800, 700),
        BROKEN: series(failure="Error: no ESM | here"),
        WRONG: series(300),
        MY_BROKEN: series(10, failure="RangeError"),
        MY_WRONG: series(10),
    }
    measured[MINE].size, measured[RIVAL].size = 2_000_000, 4_000_000
    measured[WRONG].flaw = measured[MY_WRONG].flaw = "TypeError: x is not a function"
    return measured


@pytest.mark.parametrize(
    ("aim", "measured", "met"),
    [
        pytest.param(
            Faster(ours=MINE, rival=RIVAL, times=8), "8.00 (CPU 8.00)", "yes", id="medians-count"
        ),
        pytest.param(
            Faster(ours=MINE, rival=RIVAL, times=8.1), "8.00 (CPU 8.00)", "no", id="too-slow"
        ),
        pytest.param(
            AtMost(ours=MINE, rival=RIVAL, times=0.125, metric="cpu"), "0.12", "yes", id="at-most"
        ),
        pytest.param(
            AtMost(ours=RIVAL, rival=MINE, times=7, metric="wall"), "8.00", "no", id="more-than"
        ),
        pytest.param(
            AtMost(ours=MINE, rival=RIVAL, times=0.5, metric="size"), "0.50", "yes", id="sizes"
        ),
        pytest.param(Within(ours=MINE, limit=80, metric="memory"), "50 MB", "yes", id="memory"),
        pytest.param(Within(ours=MINE, limit=1.5e6, metric="size"), "2.00 MB", "no", id="bytes"),
        pytest.param(
            Faster(ours=MINE, rival=BROKEN, times=1),
            "rollup fails",
            "rival fails",
            id="rival-fails",
        ),
        pytest.param(
            Faster(ours=MINE, rival=WRONG, times=1),
            "3.00 (CPU 3.00)",
            "yes",
            id="a-rivals-bundle-that-does-not-run-has-a-time",
        ),
        pytest.param(
            Within(ours=MY_BROKEN, limit=1e9, metric="wall"), f"{OURS} fails", "no", id="ours-fails"
        ),
        pytest.param(
            Within(ours=MY_WRONG, limit=1e9, metric="wall"),
            f"{OURS} fails",
            "no",
            id="our-bundle-must-run",
        ),
        pytest.param(
            Within(ours=ABSENT, limit=1e9, metric="wall"), "", "not measured", id="not-measured"
        ),
    ],
)
def test_an_aim_is_judged_by_figures_of_the_same_benchmark(
    aim: Aim, measured: str, met: Verdict
) -> None:
    finding = judge(aim, results())

    assert (finding.measured, finding.met) == (measured, met)


@pytest.mark.parametrize(
    ("walls", "measured", "met"),
    [
        pytest.param((310, 1210, 10210), "1.00", "yes", id="linear-from-a-start"),
        pytest.param((310, 1210, 14710), "1.50", "no", id="each-costs-more"),
        pytest.param((300, 1200, 900300), "99.90", "no", id="quadratic"),
        pytest.param((300, 290, 1000), "too little to tell", "not measured", id="noise"),
    ],
)
def test_growth_is_linear_when_one_more_costs_the_same(
    walls: tuple[float, ...], measured: str, met: Verdict
) -> None:
    found = {
        Key(GROWTH, generated.name, OURS): series(wall)
        for generated, wall in zip(growth.MODULES, walls, strict=True)
    }

    finding = judge(Linear(sizes=growth.MODULES, group=GROWTH, metric="wall"), found)

    assert (finding.measured, finding.met) == (measured, met)


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        pytest.param(["yes", "yes"], "yes", id="all"),
        pytest.param(["yes", "no", "not measured"], "no", id="one-miss-is-a-miss"),
        pytest.param(["yes", "not measured"], "not measured", id="a-part-is-not-the-whole"),
        pytest.param(["yes", "rival fails"], "yes", id="as-far-as-rivals-can"),
        pytest.param(["rival fails"], "rival fails", id="nobody-to-compare-with"),
    ],
)
def test_a_target_is_met_when_all_of_it_is(each: list[Verdict], expected: Verdict) -> None:
    assert verdict([PolicyDiagnostic("M", "1", met) for met in each]) == expected


def test_tables_show_figures_failures_and_flaws() -> None:
    text = markdown(results(), "Two cores.")

    assert text.startswith("Two cores.\n")
    assert "| compartment-mapper | 100 (90.0-500) |" in text
    assert "| webpack | 300\\* |" in text
    assert "| rollup | fails |" in text
    assert "| rollup | cold M | `Error: no ESM \\| here` |" in text
    assert (
        "| webpack | cold M: \\* its output, when run | `TypeError: x is not a function` |" in text
    )
    assert "| stored | 2,000 |" in text
    row = "| bundle, cold, against Endo | 4 times faster on S, 8 times on the others | M 8.00 (CPU 8.00)"
    assert f"{row} (not measured: S, L, P, XL) | not measured |" in text


def test_every_figure_is_written_as_json() -> None:
    limits = Limits(rounds=3, slow=15, killed=300)

    record = Record(results=results(), where={"cores": 2}, peers={"rollup": "4.0.0"}, limits=limits)
    written = json.dumps(as_json(record))
    read = json.loads(written)

    assert read["machine"] == {"cores": 2}
    assert read["peers"] == {"rollup": "4.0.0"}
    assert read["limits"] == {"rounds": 3, "slow": 15, "killed": 300}
    first = read["measurements"][0]
    assert (first["group"], first["application"], first["tool"]) == ("cold", "m", OURS)
    assert [run["wall"] for run in first["runs"]] == [90, 100, 500]
    assert [run["cpu"] for run in first["runs"]] == [180, 200, 1000]
    assert first["size"] == 2_000_000
    assert [each["failure"] for each in read["measurements"]].count("Error: no ESM | here") == 1
    assert [each["what"] for each in read["targets"]] == [target.what for target in TARGETS]
    assert read["targets"][0]["measured"] == {"M": "8.00 (CPU 8.00)"}
    assert from_json(written) == record


def test_the_documentation_has_a_row_for_every_target() -> None:
    text = DOCS.read_text()

    assert between_markers(text, "").count(BEGIN) == 1
    tables = text.partition(BEGIN)[2].partition(END)[0]
    for target in TARGETS:
        assert f"| {target.what} | {target.target} | " in tables


def test_a_document_without_markers_is_left_alone() -> None:
    with pytest.raises(ValueError, match="benchmark: begin"):
        between_markers("nothing here", "tables")


def test_an_unknown_application_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--apps", "s,q"])

    assert "q: not of s, m, l, p, xl" in capsys.readouterr().err


def test_checking_installs_no_peers() -> None:
    """CI must be fast: benchmarks have a separate command."""
    assert "benchmarks" not in (ROOT / "scripts" / "check.py").read_text()
    assert Path(ROOT, "scripts", "bench.py").is_file()
