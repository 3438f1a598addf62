// The second argument of import(): EvaluateImportCall (ECMA-262 13.3.10.2), and what Node makes of it.
import { isObject } from '../base/objects.js';
import { codedTypeError } from '../base/errors.js';

/** @import { Target } from '../protocols/package.js' */

/**
 * @param {unknown} options
 * @returns {Array<[key: string, value: string]>} the import attributes
 */
const attributesOf = (options) => {
  if (options === undefined) return [];
  if (!isObject(options)) throw new TypeError('The second argument of import() must be an object');
  const attributes = /** @type {{ with?: unknown }} */ (options).with;
  if (attributes === undefined) return [];
  if (!isObject(attributes)) throw new TypeError("The 'with' option of import() must be an object");
  const entries = Object.entries(/** @type {object} */ (attributes));
  for (const [, value] of entries) {
    if (typeof value !== 'string') throw new TypeError('Import attribute value must be a string');
  }
  return entries;
};

/**
 * @param {unknown} options
 * @returns {string | undefined} the attribute `type`
 */
export const importType = (options) => {
  const attributes = attributesOf(options);
  for (const [key, value] of attributes) {
    if (key === 'type') continue;
    throw codedTypeError(
      'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
      `Import attribute "${key}" with value "${value}" is not supported`,
    );
  }
  return attributes[0]?.[1];
};

/**
 * Without a type, JSON is imported too: so are modules of Endo's archives.
 *
 * @param {Target} target
 * @param {string | undefined} type
 * @param {string} specifier
 */
export const checkImportType = (target, type, specifier) => {
  if (type === undefined || target.kind === 'error') return;
  if (target.kind === 'file' && target.module.parser === type) return;
  throw codedTypeError(
    'ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE',
    `Module "${specifier}" is not of type "${type}"`,
  );
};
