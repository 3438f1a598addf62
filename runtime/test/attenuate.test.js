import assert from 'node:assert/strict';
import test from 'node:test';
import { bindMethod } from '../src/attenuate.js';

const owner = {
  method() {
    return this;
  },
  old: function () {
    return this;
  },
};

test('a method is bound to its owner, also one that has a prototype', () => {
  const { method, old } = owner;
  assert.equal(bindMethod(method, owner)(), owner);
  assert.equal(bindMethod(old, owner)(), owner);
  const { getRandomValues } = crypto;
  assert.equal(bindMethod(getRandomValues, crypto)(new Uint8Array(4)).length, 4);
});

test('what makes objects is left as it is', () => {
  function Old() {}
  Old.prototype.method = () => 1;
  function Inheriting() {}
  Inheriting.prototype = Object.create(Old.prototype);
  for (const constructor of [class {}, Old, Inheriting, Map])
    assert.equal(bindMethod(constructor, owner), constructor);
});
