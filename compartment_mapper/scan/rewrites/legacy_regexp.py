"""``RegExp.$1`` and similar properties of the last match, for sources that read them.

SES removes them, because they reveal matches of any code (proposal-regexp-legacy-features). A
source that reads them records its own matches instead: its calls of ``exec``, ``test``, ``match``,
``replace`` and ``search``. Matches by other code are not visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Syntax

_STATIC = re.compile(
    word(b"RegExp")
    + rb"\s*(?:\.\s*(?:\$[1-9&_+`']|lastMatch|lastParen|leftContext|rightContext|input)"
    rb"(?![\w$])|\[\s*['\"]\$[1-9&_+`']['\"]\s*\])(?!\s*=(?!=))"
)
_CALL = re.compile(rb"\.\s*(exec|test|match|replace|search)\s*\(")


def scan_legacy_regexp(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits, and the declarations that they need."""
    found = {match.start() for match in _STATIC.finditer(syntax.source)}
    if not found:
        return [], ()
    named = occurrences(syntax, {"RegExp"})
    if any(occurrence.role == "binding" for occurrence in named):
        return [], ()
    reads = [
        occurrence.replaced(f"{prefix}last")
        for occurrence in named
        if occurrence.scope == "free" and occurrence.span.start in found
    ]
    if not reads:
        return [], ()
    return [*reads, *_calls(syntax, prefix)], (_DECLARED.replace("$h_", prefix),)


def _calls(syntax: Syntax, prefix: str) -> Iterator[Edit]:
    for match in _CALL.finditer(syntax.source):
        path = syntax.path_to(match.start(1))
        if len(path) < 3 or [step.kind for step in path[-3:-1]] != [  # noqa: PLR2004 - a count that the line itself explains
            "call_expression",
            "member_expression",
        ]:
            continue
        target = path[-2].node.child_by_field_name("object")
        if target is None or target.type == "super" or path[-2].field != "function":
            continue
        if b"?." in syntax.source[target.end_byte : match.end()]:
            continue
        yield Edit(target.start_byte, target.start_byte, f"{prefix}match(")
        lines = syntax.line_ends(target.end_byte, match.end())
        name = match[1].decode()
        yield Edit(target.end_byte, match.end(), f',"{name}",{lines}')


#: `match` calls the method and records the match in `last`. For a global pattern that is the last
#: match, before ``replace`` calls its function, as in V8.
_DECLARED = (
    """const $h_last={lastMatch:"",lastParen:"",leftContext:"",rightContext:"",input:"","""
    """$1:"",$2:"",$3:"",$4:"",$5:"",$6:"",$7:"",$8:"",$9:""},"""
    """$h_note=(found,input)=>{if(!found)return;const at=found.index,whole=found[0];"""
    """for(let n=1;n<10;n+=1)$h_last["$"+n]=found[n]===undefined?"":found[n];"""
    """$h_last.lastMatch=$h_last["$&"]=whole;$h_last.input=$h_last.$_=input;"""
    """$h_last.lastParen=$h_last["$+"]=found.length>1?found[found.length-1]||"":"";"""
    """$h_last.leftContext=$h_last["$`"]=input.slice(0,at);"""
    """$h_last.rightContext=$h_last["$'"]=input.slice(at+whole.length)},"""
    """$h_is=(value)=>value instanceof(/./).constructor,"""
    """$h_of=(pattern,input)=>{let found=null;"""
    """if(pattern.global)for(const one of input.matchAll(pattern))found=one;"""
    """else{const{lastIndex}=pattern;found=pattern.exec(input);pattern.lastIndex=lastIndex}"""
    """return found},"""
    """$h_match=(object,name,...args)=>{const[first]=args;"""
    """if($h_is(object)&&(name==="exec"||name==="test")){"""
    """const{lastIndex}=object,input=`${first}`,result=object[name](...args);"""
    """if(name==="exec")$h_note(result,input);else if(result){"""
    """object.lastIndex=lastIndex;$h_note(object.exec(input),input)}return result}"""
    """if(typeof object==="string"&&$h_is(first))$h_note($h_of(first,object),object);"""
    """return object[name](...args)};"""
)
