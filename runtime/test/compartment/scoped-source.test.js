// Evaluation of source inside the scopes that are written around it: visible names, and checks before it runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { isName, makeScopedEvaluate } from '../../src/compartment/scoped-source.js';

/** @typedef {import('../../src/compartment/scoped-source.js').Scope} Scope */
/** @typedef {import('../../src/protocols/powers.js').ScriptSource} ScriptSource */

/**
 * @param {Partial<Scope>} scope
 * @param {{ check?: boolean }} [options]
 */
const scopedBy = (scope, { check = true } = {}) => {
  /** @type {ScriptSource[]} */
  const evaluated = [];
  /** @type {string[]} */
  const bodies = [];
  const evaluate = makeScopedEvaluate(
    {
      checkBody: (source) => {
        bodies.push(source);
        new Function(source); // throws for what is none
      },
      evaluate: (script) => {
        evaluated.push(script);
        if (check) script.check();
        return runInThisContext(script.source);
      },
    },
    { globalObject: {}, constants: [], lexicals: undefined, sloppy: false, ...scope },
  );
  const from = { url: 'compartment:///a/package.js', files: ['a/x', 'a/y'] };
  return {
    evaluated,
    bodies,
    evaluate: (/** @type {string} */ source) => /** @type {any} */ (evaluate(source, from)),
  };
};

test('source sees only the globals of its compartment', () => {
  const globalObject = { own: 1, constant: 2 };
  const { evaluate } = scopedBy({ globalObject, constants: ['constant'] });
  assert.deepEqual(
    evaluate(
      '[own, constant, typeof process, typeof globalThis, typeof console, this === undefined]',
    ),
    [1, 2, 'undefined', 'undefined', 'undefined', false],
  );
  assert.equal(evaluate('this'), globalObject);
  assert.equal(evaluate('arguments.length'), 0);
  assert.throws(() => evaluate('(constant = 3)'), TypeError);
  evaluate('(own = 5)');
  assert.equal(globalObject.own, 5);
});

test('a constant is read only once', () => {
  const globalObject = { constant: 2, live: 3 };
  const read = scopedBy({ globalObject, constants: ['constant'] }).evaluate(
    '() => [constant, live]',
  );
  Object.assign(globalObject, { constant: 4, live: 5 });
  assert.deepEqual(read(), [2, 5]);
});

test('lexicals hide globals, and read-only lexicals are constants', () => {
  const lexicals = Object.defineProperties(
    {},
    {
      fixed: { value: 1, enumerable: true },
      firm: { value: 7 },
      open: { value: 2, writable: true, enumerable: true, configurable: true },
      late: { get: () => 3, enumerable: true },
      soft: { value: 4, configurable: true },
      'not a name': { value: 5 },
      class: { value: 6 },
    },
  );
  const globalObject = { fixed: 'g', open: 'g', late: 'g', soft: 'g', other: 'g', another: 'h' };
  const constants = ['fixed', 'other', 'another', 'not-a-name', 'with'];
  const { evaluate, evaluated } = scopedBy({ globalObject, lexicals, constants });
  assert.deepEqual(evaluate('[fixed, firm, open, late, soft, other, another]'), [
    1,
    7,
    2,
    3,
    4,
    'g',
    'h',
  ]);
  const { source = '' } = evaluated[0] ?? {};
  assert.deepEqual(source.match(/const\{[^}]*\}=this\.\w+/g), [
    'const{other,another}=this.globalObject',
    'const{fixed,firm}=this.moduleLexicals',
  ]);
});

test('an assignment to an undeclared name creates a global variable only in sloppy code', () => {
  const globalObject = /** @type {any} */ ({});
  const strict = scopedBy({ globalObject });
  assert.throws(() => strict.evaluate('(made = 1)'), ReferenceError);
  const { evaluate } = scopedBy({ globalObject, sloppy: true });
  evaluate('(made = 1)');
  assert.equal(globalObject.made, 1);
  assert.equal('made' in globalThis, false);
  assert.equal(evaluate('typeof process'), 'undefined');
});

test('source is checked alone, without the scopes around it', () => {
  const { evaluate, evaluated, bodies } = scopedBy({});
  evaluate('[1]');
  assert.deepEqual(bodies, ["'use strict';return [1]\n"]);
  const [script] = evaluated;
  assert.equal(script?.url, 'compartment:///a/package.js');
  assert.match(`${script?.source}`, /\n\/\/# sourceURL=compartment:\/\/\/a\/package\.js$/);
  assert.match(`${script?.identity}`, /^compartment:\/\/\/a\/package\.js\n.*\na\/x\na\/y$/);
  for (const source of ['1}}}})(){{{{(function(){return 1', '1};function x(){', '`', '[1'])
    assert.throws(() => evaluate(source), SyntaxError, source);
});

test('source that SES rejects is rejected', () => {
  const { evaluate } = scopedBy({});
  for (const source of ['import("fs")', '"<!--"', '1 \n--> 2'])
    assert.throws(() => evaluate(source), /Possible (?:import|HTML comment)/, source);
});

test('source is not checked again if the host knows that it was', () => {
  const { evaluate, bodies } = scopedBy({}, { check: false });
  assert.equal(evaluate('1'), 1);
  assert.deepEqual(bodies, []);
});

test('the cache key depends on the constants around the source', () => {
  const identities = [[], ['a'], ['b']].map((constants) => {
    const { evaluate, evaluated } = scopedBy({ globalObject: { a: 1, b: 2 }, constants });
    evaluate('1');
    return evaluated[0]?.identity;
  });
  assert.equal(new Set(identities).size, 3);
});

test('names are identifiers that can be declared', () => {
  for (const name of ['a', '_', '$', 'a1', '$h_x', 'async', 'of', 'undefined1'])
    assert.ok(isName(name));
  for (const name of [
    '',
    '1a',
    'a-b',
    'a b',
    'a\n',
    'é',
    'a.b',
    'a,b',
    'a=1',
    'class',
    'with',
    'eval',
    'await',
  ])
    assert.equal(isName(name), false, name);
  for (const name of 'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ))
    assert.equal(isName(name), false, name);
});
