// Restores names that a minifier changed, at the positions in its source map.

/** @import { Segment, Segments } from '../stacks/source-map.js' */

/**
 * @typedef {object} MappedSource
 * @property {string} text
 * @property {Segments} segments
 * @property {ReadonlyArray<string>} names
 */

const NAME = /#?[\p{ID_Continue}$\u200c\u200d]+/uy;

/**
 * @param {MappedSource} mapped
 * @param {(name: string) => boolean} shouldRestore whether to restore a name
 * @returns {{ text: string, segments: Segments }}
 */
export const withNames = ({ text, segments, names }, shouldRestore) => {
  const lines = text.split('\n').map((line, index) => lineWithNames(line, segments[index] ?? []));
  return {
    text: lines.map(({ line }) => line).join('\n'),
    segments: lines.map(({ moved }) => moved),
  };

  /**
   * @param {string} line
   * @param {ReadonlyArray<Segment>} places
   */
  function lineWithNames(line, places) {
    let restored = '';
    let end = 0;
    const moved = places.map((segment) => {
      const start = segment.start + restored.length - end;
      const name = segment.name === undefined ? undefined : names[segment.name];
      if (name !== undefined && segment.start >= end && shouldRestore(name)) {
        NAME.lastIndex = segment.start;
        const [short = ''] = NAME.exec(line) ?? [];
        restored += line.slice(end, segment.start) + name;
        end = segment.start + short.length;
      }
      return { ...segment, start };
    });
    return { line: restored + line.slice(end), moved };
  }
};

const IDENTIFIER = '(#?[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*)';
const NAMED = [
  `(?:function\\*? ?|class )${IDENTIFIER}`,
  // An anonymous function or class gets the name of the first variable that it is assigned to.
  `${IDENTIFIER}(?:\\|\\||&&|\\?\\?)?=(?:async\\b|function\\b|class\\b|\\(|[\\p{ID_Continue}$]+=>)`,
  '(#[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*)',
].map((pattern) => new RegExp(pattern, 'gu'));

/**
 * @param {string} text minified source
 * @returns {Set<string>} names that programs may observe: of functions, classes and private members. Includes some
 *   that they can't.
 */
export const visibleNames = (text) =>
  new Set(NAMED.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name)));

const WORD = /#?[\p{ID_Continue}$\u200c\u200d]+/gu;

/**
 * @param {MappedSource} mapped
 * @returns {Array<{ word: string, isRenamed: boolean }>}
 */
const wordsOf = ({ text, segments }) =>
  text.split('\n').flatMap((line, index) => {
    const renamed = (segments[index] ?? []).filter(({ name }) => name !== undefined);
    const starts = new Set(renamed.map(({ start }) => start));
    return [...line.matchAll(WORD)].map(({ 0: word, index: start }) => ({
      word,
      isRenamed: starts.has(start),
    }));
  });

/** @param {string} text */
const shapeOf = (text) => text.replace(WORD, '_').replace(/\n[ \t]+/g, '\n'); // comments may move

/**
 * @param {MappedSource} one output of the minifier
 * @param {MappedSource} other
 * @returns {boolean} whether they differ only in the new names of renamed variables: then their inputs are equivalent
 */
export const areAlike = (one, other) => {
  if (shapeOf(one.text) !== shapeOf(other.text)) return false;
  const [words, others] = [wordsOf(one), wordsOf(other)];
  /** @type {Map<string, string>} */
  const forth = new Map();
  /** @type {Map<string, string>} */
  const back = new Map();
  return words.every(({ word, isRenamed }, index) => {
    const also = others[index];
    if (also === undefined) return false;
    if (!isRenamed && !also.isRenamed) return word === also.word;
    if (!forth.has(word)) forth.set(word, also.word);
    if (!back.has(also.word)) back.set(also.word, word);
    return forth.get(word) === also.word && back.get(also.word) === word;
  });
};
