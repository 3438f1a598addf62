"""Find declarations by words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from compartment_mapper.sandbox.declarations.model import Declaration, Member, ObjectType

#: Words of a name: ``readUser``, ``read_user``, ``HTTPServer``.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
#: The weight of a word by where it is.
_OWN_NAME, _NAMESPACE, _SUMMARY, _PARAMETER, _DOC = 8.0, 4.0, 3.0, 2.0, 1.0
#: The part of the weight that counts if a word only begins like that of the query.
_PREFIX = 0.5
#: The fewest letters that prefixes have.
_FEWEST = 3
#: The maximum characters of a query and words of a documentation that count.
_MOST_QUERY, _MOST_WORDS = 1000, 2000


def search(
    declarations: Iterable[Declaration], query: str, *, limit: int = 10
) -> list[Declaration]:
    """Return the declarations that match words of *query*, the best first.

    Words that few declarations have count more; words of a name count more than words of its
    documentation.

    Args:
        declarations: Where to search.
        query: Words or parts of names, in any order and case.
        limit: The maximum number of declarations.
    """
    every = list(declarations)
    wanted = list(dict.fromkeys(words_of(query[:_MOST_QUERY])))
    weights = [_weights(declaration) for declaration in every]
    scores = [0.0] * len(every)
    for word in wanted:
        found = [_weight(word, each) for each in weights]
        rarity = math.log(1 + len(every) / (1 + sum(weight > 0 for weight in found)))
        scores = [score + weight * rarity for score, weight in zip(scores, found, strict=True)]
    ranked = sorted(range(len(every)), key=lambda index: -scores[index])
    return [every[index] for index in ranked[: max(0, limit)] if scores[index] > 0]


def words_of(text: str) -> list[str]:
    """Return the words of *text* in lower case, without a plural s.

    >>> words_of("readUsers from HTTP_server2")
    ['read', 'user', 'from', 'http', 'server', '2']
    """
    return [_singular(word.lower()) for word in _WORD.findall(text)]


def _singular(word: str) -> str:
    is_plural = len(word) > _FEWEST and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word


def _weights(declaration: Declaration) -> Mapping[str, float]:
    """Return the weight of each word of a declaration."""
    weights: dict[str, float] = {}
    own = words_of(declaration.path[-1])
    _add(weights, own, _OWN_NAME * (1 + 1 / max(1, len(own))))  # short names say more
    for name in declaration.path[:-1]:
        _add(weights, words_of(name), _NAMESPACE)
    _add(weights, words_of(declaration.summary), _SUMMARY)
    for parameter in declaration.parameters:
        _add(weights, words_of(parameter.name), _PARAMETER)
        if isinstance(parameter.type, ObjectType):
            _add(weights, _member_words(parameter.type.members), _PARAMETER)
    _add(weights, words_of(declaration.doc), _DOC)
    return weights


def _member_words(members: Iterable[Member]) -> list[str]:
    return [word for member in members for word in words_of(f"{member.name} {member.doc}")]


def _add(weights: dict[str, float], words: Sequence[str], weight: float) -> None:
    for word in words[:_MOST_WORDS]:
        weights[word] = max(weight, weights.get(word, 0))


def _weight(word: str, weights: Mapping[str, float]) -> float:
    if word in weights:
        return weights[word]
    similar = (
        weight
        for known, weight in weights.items()
        if min(len(known), len(word)) >= _FEWEST
        and (known.startswith(word) or word.startswith(known))
    )
    return _PREFIX * max(similar, default=0.0)
