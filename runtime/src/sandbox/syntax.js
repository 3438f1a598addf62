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

// For example `file:2\nlet a = ;\n        ^\n\nSyntaxError: …`. The second line is one line of the source.
const DECORATED = /^[^\n]*:(\d+)\n[^\n]*\n([ \t]*)\^/;

/**
 * @param {unknown} error that the host made
 * @returns {SyntaxProblem | undefined}
 */
export const problemOf = (error) => {
  const { stack, message } = /** @type {Error} */ (error);
  const found = DECORATED.exec(`${stack}`);
  if (found === null) return undefined;
  return { message, line: Number(found[1]), column: (found[2] ?? '').length + 1 };
};

/**
 * Parses without evaluating.
 *
 * @param {'script' | 'body' | 'module'} kind
 * @param {string} source
 * @returns {SyntaxProblem | undefined} undefined: it is valid, or the place is unknown
 */
export const syntaxProblem = (kind, source) => {
  try {
    if (kind === 'module') stripTypeScriptTypes(source);
    else {
      const head = HEADS[kind];
      const tail = kind === 'body' ? TAIL : '';
      new Script(head + source + tail, { filename: 'source', columnOffset: -head.length });
    }
  } catch (error) {
    return problemOf(error);
  }
  return undefined;
};
