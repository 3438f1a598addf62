"""Module languages: one table, ``languages.json``, which the runtime reads too.

``docs/architecture.md`` has the places that a new language touches.
"""

from __future__ import annotations

import json
from typing import Literal, TypedDict, get_args

from compartment_mapper.tables import table

Language = Literal["mjs", "cjs", "json", "text", "bytes", "addon"]


class LanguageFacts(TypedDict):
    """How modules of one language are stored and loaded."""

    #: The name in the compartment map of what is stored.
    parser: str
    #: Whether it is code, which is scanned and compiled; else data.
    program: bool
    #: Extensions of files that have this language, whatever requests them.
    extensions: list[str]
    #: The import attribute ``type`` that requests it.
    attribute: str | None
    #: Whether each package gets a copy of its own, since the value can be modified.
    copied: bool
    #: Whether Endo can read it.
    endo: bool


LANGUAGES: dict[Language, LanguageFacts] = json.loads(table("languages.json"))
assert tuple(LANGUAGES) == get_args(Language), "languages.json and Language differ"
#: The names of all parsers in a compartment map.
PARSERS = tuple(facts["parser"] for facts in LANGUAGES.values())


def is_program(language: Language | None) -> bool:
    """Return whether a module of *language* is code; None stands for code of either kind.

    >>> is_program("cjs"), is_program("json")
    (True, False)
    """
    return language is None or LANGUAGES[language]["program"]


def language_with_attribute(attribute_type: str | None) -> Language | None:
    """Return the language that an import attribute ``type`` requests.

    >>> language_with_attribute("bytes"), language_with_attribute("css")
    ('bytes', None)
    """
    found = (name for name, facts in LANGUAGES.items() if facts["attribute"] == attribute_type)
    return next(found, None) if attribute_type is not None else None
