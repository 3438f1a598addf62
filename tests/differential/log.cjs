// The package `log` of generated applications: what modules tell, as text, for each program.
'use strict';
const { writeSync } = require('node:fs');
const { clearTimeout, setTimeout } = require('node:timers');

/** What modules call their variables: read without a declaration they are undefined, as here. */
const NAMES = ['a', 'b', 'c', 'f', 'x', 'get', 'of', 'async', 'set'];

let lines = [];
let pending = [];

const read = (object, key, depth) => {
  try {
    return show(object[key], depth - 1);
  } catch (error) {
    return `throws ${error.name}`;
  }
};

const fields = (object, depth) => {
  if (depth === 0) return '…';
  const found = Object.keys(object).map((key) => `${key}: ${read(object, key, depth)}`);
  return found.join(', ');
};

/** Where both hold, Node asks for one or the other first. */
const EITHER = /^ERR_REQUIRE_(?:ASYNC|CYCLE)_MODULE$/;

/** Only what the language says of an error: engines word messages as they like. */
const shownError = (error) => {
  const isOwn = error.name === 'Error' && !error.code;
  const code = String(error.code ?? '').replace(EITHER, 'ERR_REQUIRE_…');
  return `${error.name} ${code}${isOwn ? error.message : ''}`.trim();
};

const shownObject = (object, depth) => {
  const tag = Object.prototype.toString.call(object).slice(8, -1);
  if (tag === 'Error') return `<${shownError(object)}>`;
  const name = Object.getPrototypeOf(object)?.constructor?.name ?? 'null';
  return `${tag === 'Object' ? name : tag} {${fields(object, depth)}}`;
};

/** A value as text, the same wherever it was made. */
const show = (value, depth = 3) => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function') {
    const isClass = /^class/.test(Function.prototype.toString.call(value));
    const name = `${isClass ? 'class' : 'function'} ${show(value.name)}/${value.length}`;
    return `<${name} ${fields(value, depth)}>`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return shownObject(value, depth);
};

const told = (value) => {
  try {
    return show(value);
  } catch (error) {
    return `<can't be shown: ${error.name}>`;
  }
};

const log = (...values) => {
  lines.push(values.map(told).join(' '));
};

/** What becomes of a promise, as a function that tells it later, when all is quiet. */
const outcome = async (promise) => {
  let timer;
  const waited = new Promise((resolve) => {
    timer = setTimeout(resolve, 2000, () => 'is never settled');
  });
  const settled = promise.then(
    (value) => () => `gives ${told(value)}`,
    (error) => () => `fails ${told(error)}`,
  );
  const found = await Promise.race([settled, waited]);
  clearTimeout(timer);
  return found;
};

/** After a failure what others wait for may go on: not into what the next program tells. */
const quiet = () => new Promise((resolve) => void setTimeout(resolve, 5));

exports.log = log;
exports.later = (promise) => {
  pending.push(promise);
  promise.catch(() => {});
};
exports.tag = (strings, ...values) => [[...strings], [...strings.raw], values];

/** Imports one program after the other, and prints what each has told. */
exports.run = async (programs, first) => {
  process.on('unhandledRejection', () => {});
  for (const [number, load] of [...programs.entries()].slice(first)) {
    lines = [];
    pending = [];
    for (const name of NAMES) globalThis[name] = undefined;
    const outcomes = [await outcome(load())];
    await quiet();
    for (const promise of pending) outcomes.push(await outcome(promise));
    lines.push(...outcomes.map((tell) => tell()));
    writeSync(1, `${JSON.stringify({ number, lines })}\n`);
  }
  process.exit();
};
