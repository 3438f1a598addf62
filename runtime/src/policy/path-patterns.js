// Patterns of files in a policy: `./data/**`, `$TMP/**`. The bundler explains what is wrong with one
// (compartment_mapper/policy/path_patterns.py).
import table from '../../../compartment_mapper/authority/scopes.json' with { type: 'json' };

/**
 * @param {string} one a name, with `*` and `?`
 * @returns {RegExp}
 */
const nameMatcher = (one) =>
  new RegExp(
    `^${one
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
    's',
  );

/**
 * @template T
 * @param {ReadonlyArray<string>} pattern
 * @param {ReadonlyArray<T>} names
 * @param {(one: string, name: T) => boolean} matchesName
 * @param {(name: T) => boolean} isDeep whether a name stands for any number of folders
 * @returns {boolean}
 */
const matches = (pattern, names, matchesName, isDeep) => {
  // By the number of names that are left: which rest of the pattern can match them.
  let rests = new Set([0]);
  const withDeep = (/** @type {Set<number>} */ found) => {
    for (const at of found) if (pattern[at] === '**') found.add(at + 1);
    return found;
  };
  rests = withDeep(rests);
  for (const name of names) {
    /** @type {Set<number>} */
    const next = new Set();
    for (const at of rests) {
      const one = pattern[at];
      if (one === '**') next.add(at);
      else if (one !== undefined && !isDeep(name) && matchesName(one, name)) next.add(at + 1);
    }
    rests = withDeep(next);
  }
  return rests.has(pattern.length);
};

/**
 * @param {string} path absolute
 * @returns {string[]}
 */
export const namesOf = (path) => path.split('/').filter((name) => name !== '');

const ANCHORS = new Set(table.anchors.map((anchor) => anchor.slice(0, -1)));

/**
 * @param {string} text
 * @returns {boolean} whether it starts at a known folder, and has no names that lead out of it
 */
export const isPathPattern = (text) => {
  const [anchor = '', ...names] = text.split('/');
  const isPlain = (/** @type {string} */ name) =>
    !['', '.', '..'].includes(name) && (name === '**' || !name.includes('**'));
  return ANCHORS.has(anchor) && names.length > 0 && names.every(isPlain) && !/[\0\\]/.test(text);
};

/**
 * @typedef {object} PathPattern an absolute pattern
 * @property {string[]} folder the names before its first wildcard
 * @property {string[]} names the rest
 */

/**
 * @param {ReadonlyArray<string>} names of a pattern
 * @returns {number} how many come before the first wildcard
 */
export const fixedLength = (names) => {
  const at = names.findIndex((name) => /[*?]/.test(name));
  return at < 0 ? names.length : at;
};

/**
 * @param {ReadonlyArray<PathPattern>} patterns
 * @returns {{ allows: (path: string) => boolean, allowsTree: (path: string) => boolean, meetsTree: (path: string) =>
 *   boolean }} `allowsTree`: everything below the path too; `meetsTree`: possibly something below it
 */
export const makePathMatcher = (patterns) => {
  /** @type {Map<string, RegExp>} */
  const matchers = new Map();
  const matchesName = (/** @type {string} */ one, /** @type {string} */ name) => {
    if (one === '*' || one === name) return true;
    if (!/[*?]/.test(one)) return false;
    const matcher = matchers.get(one) ?? nameMatcher(one);
    matchers.set(one, matcher);
    return matcher.test(name);
  };
  const never = () => false;
  /** @type {(pattern: PathPattern, names: string[]) => boolean} */
  const matchesAll = ({ folder, names: pattern }, names) =>
    folder.every((name, at) => name === names[at]) &&
    matches(pattern, names.slice(folder.length), matchesName, never);
  return {
    allows(path) {
      const names = namesOf(path);
      return patterns.some((pattern) => matchesAll(pattern, names));
    },
    allowsTree(path) {
      const names = namesOf(path);
      return patterns.some(
        (pattern) => pattern.names.at(-1) === '**' && matchesAll(pattern, names),
      );
    },
    meetsTree(path) {
      const names = namesOf(path);
      return patterns.some(({ folder }) =>
        folder.slice(0, names.length).every((name, at) => name === names[at]),
      );
    },
  };
};

/**
 * @param {string} one
 * @param {string} other
 * @returns {boolean} whether `one` certainly allows everything that `other` allows
 */
export const coversPath = (one, other) => {
  const [first, ...names] = one.split('/');
  const [start, ...others] = other.split('/');
  if (first !== start) return false;
  const matchesName = (/** @type {string} */ each, /** @type {string} */ name) =>
    each === '*' || each === name || (!/[*?]/.test(name) && nameMatcher(each).test(name));
  return matches(names, others, matchesName, (name) => name === '**');
};
