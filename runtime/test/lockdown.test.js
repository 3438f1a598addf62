import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { lockThisRealm } from './world.js';

lockThisRealm();
const evaluate = (/** @type {string} */ text) => new Compartment().evaluate(text);

test('what inherits from an error can be given its own constructor and name', () => {
  for (const name of ['Error', 'RangeError', 'TypeError']) {
    const text = `function Mine() {}
      Mine.prototype = new ${name}([]);
      Mine.prototype.constructor = Mine;
      Mine.prototype.name = 'Mine';
      new Mine();`;
    const error = evaluate(text);
    assert.equal(error.constructor.name, 'Mine');
    assert.equal(error.name, 'Mine');
  }
});

test('errors are shown by their own names', () => {
  for (const name of [
    'Error',
    'RangeError',
    'SyntaxError',
    'ReferenceError',
    'URIError',
    'TypeError',
  ]) {
    const error = evaluate(`new ${name}('what')`);
    assert.match(inspect(error), new RegExp(`^${name}: what`));
  }
});

test('a weak map can be given the methods that it inherits', () => {
  assert.equal(evaluate('const map = new WeakMap(); map.get = () => 1; map.get()'), 1);
});
