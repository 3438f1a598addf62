// Which lines of a package's joined text are whose.

/** @import { SourceMap } from './source-map.js' */

/**
 * @typedef {object} FunctorSource
 * @property {string} file the module's name for stack traces
 * @property {string} text an expression that is one function, alone or in one pair of parentheses
 * @property {readonly string[] | undefined} edits what was edited in it; undefined: it isn't known
 * @property {string} folder of its package, for stack traces
 * @property {(location: string) => string} [scriptName] of a file of its package, for V8's stack trace API: as Node has it
 * @property {() => SourceMap | undefined} sourceMap what the file was made from
 * @property {boolean} sloppy
 * @property {object | undefined} lexicals accessors for the module's own scope; it is evaluated alone
 */

export const LINE_ENDS = /\r\n|[\n\r\u2028\u2029]/g;

/**
 * In parentheses, which V8 takes for a function that is called soon: it is compiled at once, and not parsed twice.
 *
 * @param {ReadonlyArray<FunctorSource>} texts
 */
export const joined = (texts) => `[(\n${texts.map(({ text }) => text).join('\n),(\n')}\n)]`;

/** @param {string} text */
const lineEnds = (text) => text.match(LINE_ENDS)?.length ?? 0;

/**
 * @typedef {object} Start
 * @property {number} line at which a text begins in the joined text
 * @property {FunctorSource} text
 * @property {number} lines of it
 */

/**
 * @param {ReadonlyArray<FunctorSource>} texts
 * @returns {Start[]}
 */
export const startsOf = (texts) => {
  let line = 2;
  return texts.map((text) => {
    const lines = lineEnds(text.text) + 1;
    const start = { line, text, lines };
    line += lines + 1;
    return start;
  });
};
