// Maps lines of a package's joined source to its modules.

/** @import { SourceMap } from './source-map.js' */

/**
 * @typedef {object} FunctorSource
 * @property {string} file name of the module in stack traces
 * @property {string} source an expression: one function, optionally in one pair of parentheses
 * @property {readonly string[] | undefined} edits of the compiler; undefined: unknown
 * @property {string} folder of its package in stack traces
 * @property {(location: string) => string} [scriptName] of a file of its package in V8's stack trace API, as in Node
 * @property {() => SourceMap | undefined} sourceMap of the file
 * @property {boolean} sloppy
 * @property {object | undefined} lexicals accessors for the module's own scope; such a module is evaluated alone
 */

export const LINE_ENDS = /\r\n|[\n\r\u2028\u2029]/g;

/**
 * The parentheses tell V8 that the function is called soon: V8 compiles it at once instead of parsing it twice.
 *
 * @param {ReadonlyArray<FunctorSource>} functors
 */
export const joined = (functors) =>
  `[(\n${functors.map(({ source }) => source).join('\n),(\n')}\n)]`;

/** @param {string} text */
const lineEnds = (text) => text.match(LINE_ENDS)?.length ?? 0;

/**
 * @typedef {object} Start
 * @property {number} line first line of the functor in the joined source
 * @property {FunctorSource} functor
 * @property {number} lines of it
 */

/**
 * @param {ReadonlyArray<FunctorSource>} functors
 * @returns {Start[]}
 */
export const startsOf = (functors) => {
  let line = 2;
  return functors.map((functor) => {
    const lines = lineEnds(functor.source) + 1;
    const start = { line, functor, lines };
    line += lines + 1;
    return start;
  });
};
