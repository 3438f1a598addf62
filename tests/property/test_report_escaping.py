"""Whatever packages are called, a report has the same lines, commands and elements."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from reviews import HERE, reviewed

from compartment_mapper.locations import CanonicalName
from compartment_mapper.report.html import html
from compartment_mapper.report.markdown import markdown
from compartment_mapper.report.model import Review
from compartment_mapper.report.sarif import sarif
from compartment_mapper.report.workflow_commands import workflow_commands

_REVIEW = reviewed()

#: Pieces of markup between any characters.
names = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["</script>", "<!--", "::error::", "\n", "\r", "\u2028", "`", "|", "%0A", "]("]
        ),
    ),
    max_size=6,
).map("".join)


def named(name: str) -> Review:
    """Return a review in which a package and its capability are called *name*."""
    first, *others = _REVIEW.packages
    capability = replace(
        _REVIEW.capabilities[0], package=CanonicalName(name), path=name, reason="reason"
    )
    own = replace(first, canonical_name=CanonicalName(name), name=name, capabilities=(capability,))
    return replace(_REVIEW, packages=(own, *others))


@given(names)
def test_a_name_adds_no_line_and_no_command(name: str) -> None:
    lines = workflow_commands(named(name), HERE).splitlines()

    usual = workflow_commands(named("x"), HERE).splitlines()
    assert len(lines) == len(usual)
    assert [line.split(" ")[0] for line in lines] == [line.split(" ")[0] for line in usual]


@given(names)
def test_a_name_adds_no_element(name: str) -> None:
    def tags(text: str) -> list[str]:
        body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        return re.findall(r"</?[a-z!][a-z-]*", body.partition("<script>")[0])

    text = html(named(name))
    assert tags(text) == tags(html(named("x")))
    data = text.partition('id="review">')[2].partition("</script>")[0]
    assert json.loads(data)["packages"][0]["name"] == name


@given(names)
def test_a_name_adds_no_row(name: str) -> None:
    text = markdown(named(name))

    assert len(text.splitlines()) == len(markdown(named("x")).splitlines())
    row = next(line for line in text.splitlines() if "reason" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


@given(names)
def test_a_message_of_sarif_has_no_link(name: str) -> None:
    results = json.loads(sarif(named(name), HERE))["runs"][0]["results"]

    for result in results:
        text = re.sub(r"\\[\\\[\]]", "", result["message"]["text"])
        assert not re.search(r"[\[\]]", text)
