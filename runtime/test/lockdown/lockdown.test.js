import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { hardenHost } from '../../src/lockdown/host-harden.js';
import { lockThisRealm } from '../application.js';

lockThisRealm();
const evaluate = (/** @type {string} */ text) => new Compartment().evaluate(text);

test('objects that inherit from an error can be assigned a constructor and a name', () => {
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

test('errors are printed with their own names', () => {
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

test('methods that a weak map inherits can be assigned', () => {
  assert.equal(evaluate('const map = new WeakMap(); map.get = () => 1; map.get()'), 1);
});

test('methods that an array inherits can be assigned', () => {
  const text = `const stack = ['a', 'b'];
    stack.pop = function () { return 'own ' + Array.prototype.pop.call(this); };
    stack.map = () => 'mapped';
    function List() {}
    List.prototype = Object.create(Array.prototype);
    List.prototype.slice = () => 'sliced';
    [stack.pop(), stack.map(), new List().slice(), Object.keys(stack).join()].join(' ')`;
  assert.equal(evaluate(text), 'own b mapped sliced 0,pop,map');
  assert.throws(() => evaluate('Array.prototype.pop = () => 1'), TypeError);
  assert.equal(evaluate('[1, 2].pop()'), 2);
});

test('properties of frozen prototypes are reported as data properties', () => {
  for (const [prototype, key] of [
    ['Array.prototype', 'pop'],
    ['Array.prototype', 'push'], // made an accessor by ses
    ['Object.prototype', 'hasOwnProperty'],
    ['Function.prototype', 'bind'],
    ['WeakMap.prototype', 'get'],
  ]) {
    const text = `(() => {
      const one = Object.getOwnPropertyDescriptor(${prototype}, '${key}');
      const all = Object.getOwnPropertyDescriptors(${prototype})['${key}'];
      const holder = Object.defineProperties({}, { one, all });
      holder.one = holder.all;
      return [
        one.value === ${prototype}.${key}, all.value === one.value, one.writable, one.enumerable,
        'get' in one, holder.one === one.value, Object.isFrozen(${prototype}),
      ].join();
    })()`;
    assert.equal(evaluate(text), 'true,true,true,false,false,true,true', `${prototype}.${key}`);
  }
});

test('other accessors are reported unchanged', () => {
  const text = `(() => {
    const get = () => 1;
    const object = { get own() { return 1 }, plain: 2 };
    Object.defineProperty(object, 'kept', { get, configurable: true });
    const all = Object.getOwnPropertyDescriptors(object);
    return [
      Object.keys(all), typeof all.own.get, all.plain.value, all.kept.get === get,
      typeof Object.getOwnPropertyDescriptor(Map.prototype, 'size').get,
      Object.getOwnPropertyDescriptor({}, 'none'),
      typeof Reflect.getOwnPropertyDescriptor(Array.prototype, 'pop').get,
      Object.getOwnPropertyDescriptor.name, Object.getOwnPropertyDescriptor.length,
    ].join();
  })()`;
  assert.equal(
    evaluate(text),
    'own,plain,kept,function,2,true,function,,function,getOwnPropertyDescriptor,2',
  );
  assert.throws(() => evaluate('Object.getOwnPropertyDescriptor(null, 1)'), TypeError);
  assert.throws(() => evaluate('Object.getOwnPropertyDescriptors = 1'), TypeError);
});

test('members of a host class can be copied, and its instances assigned to', () => {
  class Host {
    greet() {
      return 'host';
    }
  }
  hardenHost(Host);
  const use = evaluate(`(Host) => {
    const { value } = Object.getOwnPropertyDescriptor(Host.prototype, 'greet');
    const one = new Host();
    one.greet = () => 'own';
    return [value.call(one), one.greet(), new Host().greet()].join();
  }`);
  assert.equal(use(Host), 'host,own,host');
  assert.throws(() => Object.assign(Host.prototype, { greet: null }), TypeError);
});
