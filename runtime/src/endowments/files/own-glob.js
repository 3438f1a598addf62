// Globs of `fs.glob` for files of the archive.

/**
 * @param {string} glob
 * @returns {string} a regular expression for a whole path
 */
const shapeOf = (glob) => {
  let shape = '';
  let braces = 0;
  for (let index = 0; index < glob.length; index += 1) {
    const rest = glob.slice(index);
    const folders = /^\*\*(?:\/|$)/.exec(rest);
    const set = /^\[(!|\^)?((?:\\.|[^\]\\])+)\]/.exec(rest);
    const char = glob.charAt(index);
    if (folders !== null) {
      shape += folders[0] === '**' ? '.*' : '(?:.*/)?';
      index += folders[0].length - 1;
    } else if (char === '*') shape += '[^/]*';
    else if (char === '?') shape += '[^/]';
    else if (set !== null) {
      shape += `[${set[1] === undefined ? '' : '^'}${set[2]}]`;
      index += set[0].length - 1;
    } else if (char === '{') {
      shape += '(?:';
      braces += 1;
    } else if (char === '}' && braces > 0) {
      shape += ')';
      braces -= 1;
    } else if (char === ',' && braces > 0) shape += '|';
    else shape += char.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return shape + ')'.repeat(braces);
};

/**
 * @param {string} glob
 * @returns {(path: string) => boolean}
 */
const matcher = (glob) => {
  const whole = new RegExp(`^(?:${shapeOf(glob.replace(/^(?:\.\/)+/, ''))})$`);
  return (path) => whole.test(path);
};

/**
 * @param {Iterable<string>} paths
 * @param {string[]} globs
 * @param {unknown} exclude
 * @returns {string[]} paths that match one of *globs*
 */
export const matching = (paths, globs, exclude) => {
  const wanted = globs.map(matcher);
  const excluded = Array.isArray(exclude) ? exclude.map((glob) => matcher(`${glob}`)) : [];
  const isExcluded = (/** @type {string} */ path) =>
    excluded.some((test) => test(path)) || (typeof exclude === 'function' && exclude(path));
  return [...paths].filter((path) => wanted.some((test) => test(path)) && !isExcluded(path));
};
