// Type guard for values that have members.

/** @typedef {Record<PropertyKey, any>} AnyObject */

/**
 * @param {unknown} value
 * @returns {value is AnyObject}
 */
export const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
