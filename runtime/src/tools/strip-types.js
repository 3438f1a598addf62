// Strips types from sources, in a separate process. Each request and each response is a line of JSON. Only Node's
// parser runs, and the result is scanned like any source.
import { createInterface } from 'node:readline';
import { stripTypeScriptTypes } from 'node:module';
import { transformJsx } from './transform-jsx.js';

/** @import { Edit, JsxOptions, Refusal } from './transform-jsx.js' */

/**
 * @typedef {object} Question
 * @property {string} source
 * @property {'ts' | 'tsx' | 'jsx'} syntax
 * @property {'mjs' | 'cjs' | null} language null: detected from the source
 * @property {JsxOptions} jsx
 */

/** @param {number | undefined} byte */
const continues = (byte) => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * @param {string} source
 * @param {string} stripped the same number of bytes: types are replaced by spaces
 * @returns {Edit[]}
 */
const blanks = (source, stripped) => {
  const before = Buffer.from(source);
  const after = Buffer.from(stripped);
  if (before.length !== after.length)
    throw new Error('Node stripped types without keeping columns');
  /** @type {Edit[]} */
  const edits = [];
  for (let at = 0; at < before.length; at += 1) {
    if (before[at] === after[at]) continue;
    let start = at;
    while (continues(before[start]) || continues(after[start])) start -= 1;
    while (at < before.length && (before[at] !== after[at] || continues(before[at]))) at += 1;
    edits.push([start, at, after.toString('utf8', start, at)]);
  }
  return edits;
};

const LINE = /^[^\n]*:(\d+)\n/;
const MARK = /^( *)(\^+)$/m; // missing for code on several lines

/**
 * @param {any} error of Node, which has its position only as a code frame in its stack
 * @returns {Refusal}
 */
const refusalOf = ({ code, message, stack }) => {
  const [, line = '0'] = LINE.exec(stack) ?? [];
  const [, before = '', mark = ''] = MARK.exec(stack) ?? [];
  const column = mark === '' ? 0 : before.length + 1;
  return { code, message, line: Number(line), column, width: mark.length, drawn: true };
};

/**
 * @param {Question} question
 * @returns {{ edits: Edit[] } | Refusal}
 */
const answerTo = ({ source, syntax, language, jsx }) => {
  if (syntax !== 'ts') return transformJsx(source, { isTyped: syntax === 'tsx', language, jsx });
  try {
    return { edits: blanks(source, stripTypeScriptTypes(source)) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refusalOf(error);
  }
};

createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(answerTo(JSON.parse(line)))}\n`);
});
