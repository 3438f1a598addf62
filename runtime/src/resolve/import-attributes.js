// The second argument of import(): EvaluateImportCall (ECMA-262 13.3.10.2), with Node's errors.
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
 * Throws for an unexpected type. JSON can be imported without a type too, as modules of Endo's archives do.
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
