// The source map of a package's file: `sourceMap` of a stored module, decoded when the first stack trace needs it.
// https://tc39.es/ecma426/
import * as json from '../base/json-shape.js';

/**
 * @typedef {object} SourceMap
 * @property {readonly string[]} sources paths from the package's folder
 * @property {string} mappings
 * @property {readonly string[]} texts of the sources, empty where unknown
 *
 * @typedef {object} Origin
 * @property {string} source
 * @property {number} line from 1
 * @property {number} column from 1
 */

/**
 * @param {json.Json} input
 * @returns {SourceMap}
 */
export const parseSourceMap = (input) => {
  const members = json.asObject(input);
  return {
    sources: json.asStrings(members.need('sources')),
    mappings: json.asString(members.need('mappings')),
    texts: json.asStrings(members.need('texts')),
  };
};

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * @param {string} segment
 * @returns {number[]} relative to the segment before
 */
export const segmentNumbers = (segment) => {
  /** @type {number[]} */
  const numbers = [];
  let number = 0;
  let shift = 0;
  for (const digit of segment) {
    const value = DIGITS.indexOf(digit);
    number |= (value & 31) << shift;
    shift += 5;
    if (value < 32) {
      numbers.push(number & 1 ? -(number >>> 1) : number >>> 1);
      number = shift = 0;
    }
  }
  return numbers;
};

/**
 * @typedef {object} Segment
 * @property {number} start column in the generated line, from 0
 * @property {[source: number, line: number, column: number] | undefined} at all from 0; undefined: no source
 * @property {number | undefined} name index in the `names` of the map
 *
 * @typedef {ReadonlyArray<ReadonlyArray<Segment>>} Segments by line
 */

/**
 * @param {string} mappings
 * @returns {Segments}
 */
export const segmentsOf = (mappings) => {
  let [source, line, column, name] = [0, 0, 0, 0];
  return mappings.split(';').map((segments) => {
    let start = 0;
    return segments
      .split(',')
      .filter((segment) => segment !== '')
      .map((segment) => {
        const [by = 0, sources, lines = 0, columns = 0, names] = segmentNumbers(segment);
        start += by;
        if (sources === undefined) return { start, at: undefined, name: undefined };
        source += sources;
        line += lines;
        column += columns;
        name += names ?? 0;
        return {
          start,
          at: /** @type {[number, number, number]} */ ([source, line, column]),
          name: names === undefined ? undefined : name,
        };
      });
  });
};

/**
 * @template {{ start: number }} T
 * @param {ReadonlyArray<T>} list sorted by start
 * @param {number} column
 * @returns {T | undefined} the last that starts at or before it
 */
export const lastBefore = (list, column) => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (/** @type {T} */ (list[middle]).start <= column) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
};

/**
 * @param {SourceMap} map
 * @returns {(line: number, column: number) => Origin | undefined} of a position in the file; lines and columns count
 *   from 1
 */
export const makeOriginOf = ({ sources, mappings }) => {
  /** @type {Segments | undefined} */
  let lines;
  return (line, column) => {
    lines ??= segmentsOf(mappings);
    const found = lastBefore(lines[line - 1] ?? [], column - 1)?.at;
    const source = found && sources[found[0]];
    if (found === undefined || source === undefined) return undefined;
    return { source, line: found[1] + 1, column: found[2] + 1 };
  };
};
