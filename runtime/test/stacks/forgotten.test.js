import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { makeStacks } from '../../src/stacks/stack.js';

/** @import { CallSite } from '../../src/stacks/stack.js' */

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const URL = 'compartment:///sandbox/?1';

/** @type {any} */
const site = {
  getScriptNameOrSourceURL: () => URL,
  getLineNumber: () => 2,
  getColumnNumber: () => 3,
  getFunctionName: () => 'f',
  getMethodName: () => null,
  getTypeName: () => null,
  isAsync: () => false,
  isConstructor: () => false,
  isToplevel: () => true,
  isEval: () => true,
  isNative: () => false,
};

test('a source that is forgotten after an error in it is collected', async () => {
  const { located, forgotten, prepareStackTrace } = makeStacks();
  const evaluate = () => {
    const functor = {
      file: 'compartment:///sandbox/evaluation.js',
      source: '\nf()\n\n\n',
      edits: ['AABABAAH', 'export '],
      folder: 'compartment:///sandbox/',
      sourceMap: () => undefined,
      sloppy: false,
      lexicals: undefined,
    };
    located(URL, [functor]);
    const stack = prepareStackTrace(new Error('a'), [/** @type {CallSite} */ (site)]);
    assert.match(`${stack}`, /at f \(compartment:\/\/\/sandbox\/evaluation.js:1:2/);
    forgotten(URL);
    return new WeakRef(functor);
  };
  const functor = evaluate();

  for (let turn = 0; turn < 10 && functor.deref() !== undefined; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }

  assert.equal(functor.deref(), undefined);
});
