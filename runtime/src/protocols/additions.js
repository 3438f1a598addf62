// Modules that are added to an application at run time.

/** @import { RequestKind } from '../archive/compartment-map.js' */

/**
 * @typedef {object} Question
 * @property {string} compartment of the requesting package
 * @property {string} referrer path of the file that the request comes from
 * @property {RequestKind} kind
 * @property {string} specifier
 * @property {string | undefined} type of the import, or `\0resolve` for only the path
 *
 * @typedef {object} Asking the connection to the parent process
 * @property {(question: Question, apply: (answer: unknown) => void) => unknown} ask waits for the answer; `apply` gets
 *   all answers since the last call, in order
 * @property {(apply: (answer: unknown) => void) => void} drain applies the answers so far
 * @property {string} project the folder of the application
 */

export {};
