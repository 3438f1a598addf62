// Minifies sources with an installed esbuild, in a separate process. Each request and each response is a line of
// JSON; the first line reports a problem of esbuild, or null. The only code of the application that runs is its
// esbuild.
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
 * @property {string[]} edits of the functor, see `edit-table.js`
 * @property {{ mappings: string, sources: number } | null} origin source map from the installed file to its sources,
 *   and their number; null: the file is the source
 *
 * @typedef {object} Minified
 * @property {string} text
 * @property {string} mappings from it to the sources; positions without a source map to the file itself, which has
 *   the next index
 */

/** With these options, programs can only observe the minification in the source of functions. */
const OPTIONS = {
  loader: 'js',
  target: 'esnext',
  charset: 'utf8',
  legalComments: 'inline',
  minifyWhitespace: true,
  treeShaking: false,
  ignoreAnnotations: true,
  supported: { 'inline-script': false }, // otherwise esbuild changes a tagged template with </script>
  sourcemap: 'external',
  sourcesContent: false,
  tsconfigRaw: '{}',
  logLevel: 'silent',
};
const BEFORE = '$h(';
const AFTER = ');';

const folder = process.argv[2] ?? '.';
delete process.env['ESBUILD_BINARY_PATH']; // the folder must determine the esbuild
const { transform } = createRequire(`${folder}/`)(folder);

/**
 * @param {string} text an expression
 * @param {object} [options]
 * @param {ReadonlyArray<string>} [taken] names that no variable must get
 * @returns {Promise<MappedSource>} the minified source
 */
const shortened = async (text, options, taken = []) => {
  // esbuild would drop an expression without effects; and it does not reuse the names of free variables.
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
const SHORT = /^[\w$]{1,3}$/; // the form of esbuild's names
const RESERVED = new Set(['do', 'for', 'if', 'in', 'let', 'new', 'try', 'var']);

/**
 * Shortens local names that programs can't observe. esbuild must produce the same result for the source with restored
 * names as for the original: then both are equivalent.
 *
 * @param {string} text
 * @returns {Promise<{ text: string, segments: Segments }>}
 */
const minified = async (text) => {
  const blank = await shortened(text);
  const whole = withNames(blank, () => true); // esbuild renames some variables even without minifyIdentifiers
  if (!areAlike(await shortened(whole.text), blank)) throw new Error('names were not restored');
  const visible = visibleNames(whole.text);
  const taken = [...visible].filter((name) => SHORT.test(name) && !RESERVED.has(name));
  try {
    const short = await shortened(whole.text, IDENTIFIERS, taken);
    const named = withNames(short, (name) => visible.has(name));
    if (!areAlike(await shortened(named.text, IDENTIFIERS, taken), short)) return whole;
    return { text: named.text, segments: composed(named.segments, originIn(whole.segments)) };
  } catch {
    return whole; // a restored name may collide with the new name of another variable, even of a parameter
  }
};

/**
 * Puts the end of the functor on a separate line, which stack traces ignore.
 *
 * @param {string} text
 * @param {string} written
 * @returns {string | undefined}
 */
const withTail = (text, written) => {
  const lines = written.trimEnd().split('\n');
  const tail = (lines.at(-1) ?? '').trim();
  const parts = tail.split('}').length - 1; // number of closing braces
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
 * @returns {Promise<Minified | null>} null: keep the original
 */
const answerTo = async ({ text, edits, origin }) => {
  try {
    const result = await minified(text);
    const ended = withTail(result.text, text);
    if (ended === undefined || ended.length >= text.length) return null;
    const written = composed(result.segments, originBefore(readEdits(edits)));
    const sources = origin === null ? written : composed(written, originOf(origin));
    return { text: ended, mappings: mappingsText(sources) };
  } catch {
    return null; // esbuild rejects the source
  }
};

/**
 * @param {[string, string]} pair
 * @returns {Promise<boolean>} whether both sources are equivalent
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
