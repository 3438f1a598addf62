// Patterns of files in a policy: `./data/**`, `$TMP/**`. The bundler checks their form
// (compartment_mapper/policy/path_patterns.py).

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

/**
 * @typedef {object} PathPattern an absolute pattern; the names before its first wildcard lead to its folder
 * @property {string[]} names
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
 * @returns {{ allows: (path: string) => boolean, allowsTree: (path: string) => boolean }} `allowsTree`: everything below
 *   the path too
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
  const allows = (/** @type {string} */ path) => {
    const names = namesOf(path);
    return patterns.some((pattern) => matches(pattern.names, names, matchesName, never));
  };
  return {
    allows,
    allowsTree: (path) =>
      patterns.some(
        (pattern) =>
          pattern.names.at(-1) === '**' &&
          matches(pattern.names, namesOf(path), matchesName, never),
      ),
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
