// Composes source maps: from a generated source, through its intermediate source, to the original.
import { lastBefore } from './source-map.js';

/** @import { LineEdit, EditTable } from './edit-table.js' */
/** @import { Segment, Segments } from './source-map.js' */

/**
 * @typedef {[source: number, line: number, column: number]} Place all from 0
 *
 * @typedef {(line: number, column: number) => Place | undefined} Origin original position of a position in generated
 *   source; undefined: none
 */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @param {number} number */
const digitsOf = (number) => {
  let rest = number < 0 ? -number * 2 + 1 : number * 2;
  let digits = '';
  while (rest >= 32) {
    digits += DIGITS[(rest % 32) + 32];
    rest = Math.floor(rest / 32);
  }
  return digits + DIGITS[rest];
};

/**
 * @param {Segments} lines
 * @returns {string} `mappings`, without names
 */
export const mappingsText = (lines) => {
  let before = [0, 0, 0];
  return lines
    .map((segments) => {
      let start = 0;
      return segments
        .map((segment) => {
          const numbers = [segment.start - start];
          start = segment.start;
          if (segment.at !== undefined) {
            numbers.push(...segment.at.map((number, index) => number - (before[index] ?? 0)));
            before = segment.at;
          }
          return numbers.map(digitsOf).join('');
        })
        .join(',');
    })
    .join(';');
};

/**
 * @param {Segments} lines
 * @returns {Origin}
 */
export const originIn = (lines) => (line, column) => lastBefore(lines[line] ?? [], column)?.at;

/**
 * @param {EditTable} table
 * @returns {Origin} the original position of a position in stored source
 */
export const originBefore = (table) => {
  /** @type {Map<number, Array<{ start: number, edit: LineEdit, shift: number }>>} */
  const shifts = new Map();
  const shiftsOf = (/** @type {number} */ line) => {
    const known = shifts.get(line);
    if (known !== undefined) return known;
    let shift = 0;
    const found = (table.get(line) ?? []).map((edit) => {
      const before = shift;
      shift += edit.removed.length - edit.length;
      return { start: edit.start, edit, shift: before };
    });
    shifts.set(line, found);
    return found;
  };
  return (line, column) => {
    const found = lastBefore(shiftsOf(line), column);
    if (found === undefined) return [0, line, column];
    const { start, length, removed } = found.edit;
    const within = column - start;
    if (within < length) return [0, line, start + found.shift + Math.min(within, removed.length)];
    return [0, line, column + found.shift + removed.length - length];
  };
};

/**
 * @param {Segments} lines
 * @param {Origin} origin of the positions that they map to
 * @returns {Segments} composed; without segments that map to the same position as the segment before
 */
export const composed = (lines, origin) =>
  lines.map((segments) => {
    /** @type {Segment[]} */
    const found = [];
    let last = '';
    for (const { start, at } of segments) {
      const to = at && origin(at[1], at[2]);
      const key = String(to);
      if (key !== last) found.push({ start, at: to, name: undefined });
      last = key;
    }
    return found;
  });
