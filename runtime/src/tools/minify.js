// Has texts minified by an esbuild that is installed, in a process of its own: a line of JSON asks for all texts, a
// line answers; a line before says what is wrong with esbuild, or null. Nothing of the application is executed but its esbuild.
//   node minify.mjs FOLDER      of esbuild
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { readEdits } from '../stacks/edit-table.js';
import { composed, mappingsText, originBefore, originIn } from '../stacks/mappings.js';
import { areAlike, visibleNames, withNames } from './restore-names.js';
import { segmentsOf } from '../stacks/source-map.js';

/** @import { Origin } from '../stacks/mappings.js' */
/** @import { MappedSource } from './restore-names.js' */
/** @import { Segments } from '../stacks/source-map.js' */

/**
 * @typedef {object} Program
 * @property {string} text an expression: the functor of a module
 * @property {string[]} edits of the functor: see `edit-table.js`
 * @property {{ mappings: string, sources: number } | null} origin from the file as it was installed to its sources, and
 *   how many they are; null: it is the source
 *
 * @typedef {object} Minified
 * @property {string} text
 * @property {string} mappings from it to the sources; to the file itself, after them, what comes from none of them
 */

/** Of a minifier that changes nothing that a program can see but the texts of functions. */
const OPTIONS = {
  loader: 'js',
  target: 'esnext',
  charset: 'utf8',
  legalComments: 'inline',
  minifyWhitespace: true,
  treeShaking: false,
  ignoreAnnotations: true,
  supported: { 'inline-script': false }, // else a tagged template with </script> becomes another
  sourcemap: 'external',
  sourcesContent: false,
  tsconfigRaw: '{}',
  logLevel: 'silent',
};
const BEFORE = '$h(';
const AFTER = ');';

const folder = process.argv[2] ?? '.';
delete process.env['ESBUILD_BINARY_PATH']; // which esbuild it is must follow from the folder
const { transform } = createRequire(`${folder}/`)(folder);

/**
 * @param {string} text an expression
 * @param {object} [options]
 * @param {ReadonlyArray<string>} [taken] names that no variable may get
 * @returns {Promise<MappedSource>} shorter
 */
const shortened = async (text, options, taken = []) => {
  // An expression that stood alone would be left out, as one that does nothing; and what is asked for as a global is
  // what nothing else is called.
  const also = taken.length > 0 ? `,[${taken.join(',')}]` : '';
  const { code, map } = await transform(`${BEFORE}${text}${also})`, { ...OPTIONS, ...options });
  const end = code.trimEnd();
  const after = `${also}${AFTER}`;
  if (!end.startsWith(BEFORE) || !end.endsWith(after)) throw new Error('an unknown form');
  const { mappings, names } = JSON.parse(map);
  return {
    text: end.slice(BEFORE.length, -after.length),
    segments: segmentsOf(mappings).map((segments, line) =>
      segments.map(({ start, at, name }) => ({
        start: line === 0 ? start - BEFORE.length : start,
        at: at && [0, at[1], at[1] === 0 ? at[2] - BEFORE.length : at[2]],
        name,
      })),
    ),
    names,
  };
};

const IDENTIFIERS = { minifyIdentifiers: true };
const SHORT = /^[\w$]{1,3}$/; // as esbuild's names are
const RESERVED = new Set(['do', 'for', 'if', 'in', 'let', 'new', 'try', 'var']);

/**
 * Local names are shortened where no program can see them. What esbuild makes of a text with names put back must be what
 * it made of the first: then both mean the same.
 *
 * @param {string} text
 * @returns {Promise<{ text: string, segments: Segments }>}
 */
const minified = async (text) => {
  const blank = await shortened(text);
  const whole = withNames(blank, () => true); // also without blanks alone, esbuild changes a few names
  if (!areAlike(await shortened(whole.text), blank)) throw new Error('names are not as they were');
  const visible = visibleNames(whole.text);
  const taken = [...visible].filter((name) => SHORT.test(name) && !RESERVED.has(name));
  try {
    const short = await shortened(whole.text, IDENTIFIERS, taken);
    const named = withNames(short, (name) => visible.has(name));
    if (!areAlike(await shortened(named.text, IDENTIFIERS, taken), short)) return whole;
    return { text: named.text, segments: composed(named.segments, originIn(whole.segments)) };
  } catch {
    return whole; // a name put back may be what another variable got, even a parameter beside it
  }
};

/**
 * The functor's end stays on a line of its own, where no trace looks.
 *
 * @param {string} text
 * @param {string} written
 * @returns {string | undefined}
 */
const withTail = (text, written) => {
  const lines = written.trimEnd().split('\n');
  const tail = (lines.at(-1) ?? '').trim();
  const parts = tail.split('}').length - 1; // as many braces close
  let at = text.length;
  for (let count = 0; count < parts; count += 1) at = text.lastIndexOf('}', at - 1);
  return at < 0 ? undefined : `${text.slice(0, at)}\n${text.slice(at)}\n`;
};

/**
 * @param {NonNullable<Program['origin']>} origin
 * @returns {Origin}
 */
const originOf = ({ mappings, sources }) => {
  const origin = originIn(segmentsOf(mappings));
  return (line, column) => origin(line, column) ?? [sources, line, column];
};

/**
 * @param {Program} program
 * @returns {Promise<Minified | null>} null: it stays as it is
 */
const answerTo = async ({ text, edits, origin }) => {
  try {
    const made = await minified(text);
    const ended = withTail(made.text, text);
    if (ended === undefined || ended.length >= text.length) return null;
    const written = composed(made.segments, originBefore(readEdits(edits)));
    const sources = origin === null ? written : composed(written, originOf(origin));
    return { text: ended, mappings: mappingsText(sources) };
  } catch {
    return null; // what esbuild does not take
  }
};

/**
 * @param {[string, string]} pair
 * @returns {Promise<boolean>} whether both texts mean the same
 */
const areSame = async ([one, other]) => {
  try {
    return areAlike(await shortened(one), await shortened(other));
  } catch {
    return false;
  }
};

/**
 * @param {{ programs: Program[] } | { pairs: Array<[string, string]> }} question
 * @returns {Promise<unknown>}
 */
const answer = (question) =>
  Promise.all('pairs' in question ? question.pairs.map(areSame) : question.programs.map(answerTo));

/** @type {string | null} */
const problem = await transform('$h(1)', OPTIONS).then(
  () => null,
  (/** @type {Error} */ { message }) => message,
);
process.stdout.write(`${JSON.stringify(problem)}\n`);

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
