// Where a source is invalid: V8 and Node know it, but errors of evaluated source do not tell.
import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';

/**
 * @typedef {object} SyntaxProblem
 * @property {string} message
 * @property {number} line from 1
 * @property {number} column from 1, in UTF-16 code units
 */

// A script is evaluated as strict code, and so that its source has the same lines and columns.
const HEADS = /** @type {const} */ ({ script: "'use strict';", body: "(async()=>{'use strict';" });
const TAIL = '\n})';

// For example `file:2\nlet a = ;\n        ^\n\nSyntaxError: …`. Between the first line and the marker are lines of the source.
const DECORATED = /^[^\n]*:(\d+)\n(?:[^\n]*\n)*?([ \t]*)\^+\n/;

/**
 * @param {unknown} error that the host made
 * @param {number} [before] characters before the source in its first line
 * @returns {SyntaxProblem | undefined}
 */
const problemOf = (error, before = 0) => {
  const { stack, message } = /** @type {Error} */ (error);
  const found = DECORATED.exec(`${stack}`);
  if (found === null) return undefined;
  const line = Number(found[1]);
  const column = (found[2] ?? '').length + 1 - (line === 1 ? before : 0);
  return { message, line, column };
};

const BODY = /** @type {const} */ (['async()=>{', '\n}']);

/**
 * @param {string} source
 * @returns {{ text: string } | { error: unknown, problem: SyntaxProblem | undefined }} text of the same length: types
 *   are replaced by spaces
 */
export const withoutTypes = (source) => {
  try {
    return { text: stripTypeScriptTypes(source) };
  } catch (error) {
    if (!/\b(?:return|await)\b/.test(source)) return { error, problem: problemOf(error) };
  }
  const [head, tail] = BODY;
  try {
    const text = stripTypeScriptTypes(head + source + tail).slice(head.length, -tail.length);
    return { text };
  } catch (error) {
    return { error, problem: problemOf(error, head.length) };
  }
};

/**
 * Parses without evaluating.
 *
 * @param {'script' | 'body' | 'module'} kind
 * @param {string} source
 * @returns {SyntaxProblem | undefined} undefined: it is valid, or the place is unknown
 */
export const syntaxProblem = (kind, source) => {
  const head = kind === 'module' ? '' : HEADS[kind];
  try {
    if (kind === 'module') stripTypeScriptTypes(source);
    else new Script(head + source + (kind === 'body' ? TAIL : ''), { filename: 'source' });
  } catch (error) {
    return problemOf(error, head.length);
  }
  return undefined;
};
