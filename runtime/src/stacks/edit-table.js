// Edit tables: map a position in a stored line to the original column, and restore the original line. The table is
// `edits` of a stored module; see docs/formats/archive.md.

/**
 * @typedef {object} LineEdit columns count from 0
 * @property {number} start in the stored line
 * @property {number} length
 * @property {string} removed the original characters
 *
 * @typedef {ReadonlyMap<number, ReadonlyArray<LineEdit>>} EditTable by line, from 0
 */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const FIELDS = 4;

/**
 * @param {string} text
 * @returns {number[]}
 */
const numbersOf = (text) => {
  /** @type {number[]} */
  const numbers = [];
  let number = 0;
  let scale = 1;
  for (const digit of text) {
    const value = DIGITS.indexOf(digit);
    number += (value % 32) * scale;
    scale *= 32;
    if (value < 32) {
      numbers.push(number);
      number = 0;
      scale = 1;
    }
  }
  return numbers;
};

/**
 * @param {readonly string[]} edits as they are stored
 * @returns {EditTable}
 */
export const readEdits = ([digits = '', removed = '']) => {
  const numbers = numbersOf(digits);
  /** @type {Map<number, LineEdit[]>} */
  const table = new Map();
  let line = 0;
  let end = 0;
  let taken = 0;
  for (let index = 0; index + FIELDS <= numbers.length; index += FIELDS) {
    const [lines, gap, length, was] = /** @type {[number, number, number, number]} */ (
      numbers.slice(index, index + FIELDS)
    );
    if (lines > 0) end = 0;
    line += lines;
    const edit = { start: end + gap, length, removed: removed.slice(taken, taken + was) };
    const known = table.get(line);
    if (known === undefined) table.set(line, [edit]);
    else known.push(edit);
    end = edit.start + length;
    taken += was;
  }
  return table;
};

/**
 * @param {ReadonlyArray<LineEdit>} edits of the line
 * @param {number} column in the stored line
 * @returns {number} in the original line; for an insertion, the position of the insertion
 */
export const columnBefore = (edits, column) => {
  let shift = 0;
  for (const { start, length, removed } of edits) {
    if (column < start) break;
    if (column < start + length) return start + shift + Math.min(column - start, removed.length);
    shift += removed.length - length;
  }
  return column + shift;
};

/**
 * @param {ReadonlyArray<LineEdit>} edits of the line
 * @param {number} column in the original line
 * @returns {number} in the stored line; for a removal, the position of the removal
 */
export const columnAfter = (edits, column) => {
  let shift = 0;
  for (const { start, length, removed } of edits) {
    const before = start - shift;
    if (column < before) break;
    if (column < before + removed.length) return start;
    shift += length - removed.length;
  }
  return column + shift;
};

/**
 * @param {ReadonlyArray<LineEdit>} edits of the line
 * @param {string} text the stored line
 * @returns {string} the original line, without a comment that was stripped from its end
 */
export const lineBefore = (edits, text) => {
  let found = '';
  let end = 0;
  for (const { start, length, removed } of edits) {
    found += text.slice(end, start) + removed;
    end = start + length;
  }
  return found + text.slice(end);
};
