"""Node is the oracle: in sloppy functions ``arguments`` and parameters are aliases."""

from __future__ import annotations

from functools import cache

import pytest
from conformance.sloppy_sources import what_is_logged

from compartment_mapper.scan import scan_module

#: Bodies of a function of ``log``, by their special feature.
ROWS = {
    # a parameter is written, and the elements are read
    "assigned": "function f(a) { a = 2; log(arguments[0]) } f(1); f()",
    "passed-on": "function g(a, b) { log(a, b) }\n"
    "function f(a, b) { b = b || 3; return g.apply(this, arguments) } f(1); f(1, 0); f(1, 2)",
    "fewer-than-parameters": "function f(a, b) { b = 2; log(arguments.length, arguments[1]) } f(1)",
    "more-than-parameters": "function f(a) { a = 5; log(...arguments) } f(1, 2, 3)",
    "logical": "function f(a) { a ||= 7; log(arguments[0]); a &&= 8; a ??= 9; log([...arguments]) } f(0)",
    "augmented": "function f(a) { a += 1; log(arguments[0]); a **= 2; log(arguments[0]) } f(3)",
    "updated": "function f(a, b) { a++; --b; log(arguments[0], arguments[1]) } f(1, 1)",
    "object-pattern": "function f(a, b) { ({ a, x: b = 4 } = { a: 2 }); log(...arguments) } f(0, 0)",
    "array-pattern": "function f(a, b, c) { [a, [b], ...c] = [1, [2], 3]; log(...arguments) } f(0, 0, 0)",
    "swapped": "function f(a, b) { [a, b] = [b, a]; log(...arguments) } f(1, 2)",
    "for-in-head": "function f(a) { for (a in { k: 1 }); log(arguments[0]) } f(0)",
    "for-of-head": "function f(a) { for (var a of [1, 2]); log(arguments[0]) } f(0)",
    "for-of-pattern": "function f(a) { for ([a] of [[3]]); log(arguments[0]) } f(0)",
    "in-parentheses": "function f(a) { (a) = 2; log(arguments[0]) } f(1)",
    "with-a-comment": "function f(a /* one */, /* two */ b) { a /**/ = 2; /**/ b = 3; log(...arguments) } f(0, 0)",
    "escaped": "function f(a) { \\u0061 = 2; log(arguments[0]) } f(1)",
    "escaped-parameter": "function f(\\u0061) { a = 2; log(arguments[0]) } f(1)",
    "in-an-arrow": "function f(a) { (() => { a = 2; log(arguments[0]) })() } f(1)",
    "in-a-closure": "function f(a) { (function () { a = 2; log(arguments.length) })(); log(arguments[0]) } f(1)",
    "later": "function f(a) { return [() => a++, () => arguments[0]] } var x = f(1); x[0](); x[0](); log(x[1]())",
    "each-call-has-its-own": "function f(a) { a = a + 1; return arguments } log(f(1)[0], f(5)[0])",
    "computed-index": "function f(a, b) { b = 5; for (var i = 0; i < arguments.length; i++) log(arguments[i]) } f(1, 2)",
    "sliced": "function f(a) { a = 2; log([].slice.call(arguments)) } f(1, 3)",
    "spread": "function f(a) { a = 2; log({ ...arguments }, Object.keys(arguments)) } f(1, 3)",
    "only-another-element": "function f(a, b) { a = 2; log(arguments[1]) } f(0, 1)",
    "returned": "function f(a) { a = 2; return arguments } log(f(1)[0], f(1).length)",
    "arguments-in-a-string": "function f(a) { a = 2; log('arguments[0]') } f(1)",
    "recursive": "function f(a, n) { a = n; if (n) f(a, n - 1); log(arguments[0]) } f(9, 2)",
    # elements are written, and the parameter is read
    "element-assigned": "function f(a) { arguments[0] = 2; log(a) } f(1); f()",
    "element-of-none": "function f(a, b) { arguments[1] = 2; log(b, arguments[1]) } f(1)",
    "element-updated": "function f(a) { arguments[0]++; arguments[0] *= 4; log(a) } f(1)",
    "element-in-a-pattern": "function f(a, b) { [arguments[0], { x: arguments[1] }] = [2, { x: 3 }]; log(a, b) } f(0, 0)",
    "element-in-a-head": "function f(a) { for (arguments[0] of [4]); log(a) } f(0)",
    "computed-element": "function f(a, b) { for (var i in arguments) arguments[i] = i + '!'; log(a, b) } f(1, 2)",
    "string-index": "function f(a) { arguments['0'] = 2; log(a) } f(1)",
    "element-in-an-arrow": "function f(a) { (() => { arguments[0] = 2 })(); log(a) } f(1)",
    "read-in-a-closure": "function f(a) { arguments[0] = 2; return function () { return a } } log(f(1)())",
    "inner-arguments": "function f(a) { (function () { arguments[0] = 2 })(1); log(a) } f(1)",
    "shifted": "function f(a, b) { var first = [].shift.call(arguments); log(first, a, b, arguments.length) } f(1, 2)",
    "popped": "function f(a, b) { Array.prototype.pop.call(arguments); b = 5; log(a, b, ...arguments) } f(1, 2)",
    "sorted": "function f(a, b, c) { [].sort.apply(arguments); log(a, b, c) } f(3, 1, 2)",
    # mapped no longer
    "deleted": "function f(a) { delete arguments[0]; a = 2; log(arguments[0], 0 in arguments) } f(1)",
    "deleted-and-set": "function f(a) { delete arguments[0]; arguments[0] = 3; a = 2; log(a, arguments[0]) } f(1)",
    "shorter": "function f(a, b) { arguments.length = 1; a = 2; b = 3; log(...arguments, arguments[1]) } f(0, 0)",
    # names
    "var-without-a-value": "function f(a) { var a; log(arguments[0]) } f(1)",
    "var-with-a-value": "function f(a) { var a = 2; log(arguments[0]) } f(1)",
    "var-in-a-pattern": "function f(a) { var { a } = { a: 2 }; log(arguments[0]) } f(1)",
    "function-of-the-name": "function f(a) { function a() {} log(typeof arguments[0]) } f(1)",
    "function-in-a-block": "function f(a) { { function a() {} a = 2 } log(typeof a, arguments[0]) } f(1)",
    "let-in-a-block": "function f(a) { { let a = 2; a = 3 } log(arguments[0]) } f(1)",
    "catch-of-the-name": "function f(a) { try { throw 2 } catch (a) { a = 3 } log(arguments[0]) } f(1)",
    "parameter-of-an-inner-function": "function f(a) { (function (a) { a = 2 })(); log(arguments[0]) } f(1)",
    "class-of-the-name": "function f(a) { { class a {} } log(arguments[0]) } f(1)",
    "duplicates": "function f(a, a) { a = 3; log(...arguments) } f(1, 2); f(1)",
    "duplicates-by-element": "function f(a, a, b) { arguments[0] = 3; log(a); arguments[1] = 4; log(a) } f(1, 2)",
    "own-name": "(function a(a) { a = 2; log(arguments[0]) })(1)",
    "reserved": "function f(package) { package = 2; log(arguments[0]) } f(1)",
    "called-value": "function f(value, get) { value = 2; get = 3; log(...arguments) } f(0, 0)",
    "own-Object": "var Object = 0; function f(a) { a = 2; log(arguments[0]) } f(1)",
    # kinds of functions
    "expression": "(function (a) { a = 2; log(arguments[0]) })(1)",
    "method": "({ m(a) { a = 2; log(arguments[0]) } }).m(1)",
    "setter": "({ set m(a) { a = 2; log(arguments[0]) } }).m = 1",
    "constructor": "function F(a) { a = a || 2; this.all = arguments } log(new F(0).all[0])",
    "generator": "function* f(a) { a = yield arguments[0]; yield arguments[0] } var g = f(1); log(g.next().value, g.next(5).value)",
    "async": "async function f(a) { a = 2; log(arguments[0]) } f(1)",
    # not mapped
    "default-value": "function f(a, b = 1) { a = 2; log(arguments[0]) } f(1)",
    "rest": "function f(a, ...b) { a = 2; arguments[0] = 3; log(a, arguments[0]) } f(1)",
    "pattern": "function f(a, { b }) { a = 2; log(arguments[0]) } f(1, {})",
    "strict-function": "function f(a) { 'use strict'; a = 2; log(arguments[0]) } f(1)",
    "strict-around": "(function () { 'use strict'; function f(a) { a = 2; log(arguments[0]) } f(1) })()",
    "strict-script": "'use strict'; function f(a) { a = 2; log(arguments[0]) } f(1)",
    "strict-arrow": "function f(a) { (() => { 'use strict'; a = 2; log(arguments[0]) })() } f(1)",
    "class-method": "class A { m(a) { a = 2; log(arguments[0]) } } new A().m(1)",
    "in-a-class": "class A { static x = (function (a) { a = 2; log(arguments[0]) })(1) }",
    # idioms of packages
    "node-style": "function read(path, options, done) { if (!done) { done = options; options = {} }\n"
    "  return log(arguments.length, typeof arguments[1], typeof arguments[2]) } read('x', log)",
    "extended": "function extend(target) { target = target || {}; for (var i = 1; i < arguments.length; i++)\n"
    "  for (var k in arguments[i]) target[k] = arguments[i][k]; log(arguments[0], target) } extend(null, { a: 1 })",
    "memoized": "function once(fn) { var n = 0; return function () { return n++ ? 0 : fn.apply(this, arguments) } }\n"
    "once(function (a) { a = a * 2; log(arguments[0]) })(4)",
}


@cache
def answers() -> dict[str, tuple[str, str]]:
    return what_is_logged(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_what_a_sloppy_function_sees_is_what_it_sees_in_node(row: str) -> None:
    in_node, compiled = answers()[row]

    assert compiled == in_node
    assert in_node != "[]"


@pytest.mark.parametrize(
    "text",
    [
        "function f(a) { a = 2; return arguments.length }",
        "function f(a) { a = 2; return typeof arguments }",
        "function f(a) { return g.apply(this, arguments) }",
        "function f(a, b) { a = 2; return arguments[1] }",
        "function f(a) { arguments[0] = 2 }",
        "function f(a) { arguments[1] = a }",
        "function f(a) { a.b = 2; return arguments[0] }",
        "function f(a) { var b = a == 2, { c } = a; return arguments[0] }",
        "function f() { x = 2; return arguments[0] }",
        "(a) => { a = 2; return arguments[0] }",
    ],
)
def test_a_function_that_can_not_tell_stays_as_it_is(text: str) -> None:
    assert scan_module(text.encode(), "cjs").edits == ()
