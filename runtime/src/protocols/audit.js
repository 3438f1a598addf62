// What is noted while packages run: what a policy denied, and what was used of what is bad.

/** @import { Part } from '../base/authority.js' */

/** @typedef {'globals' | 'builtins' | 'packages'} AuditedPart */

/**
 * @typedef {object} Needed what would have been needed
 * @property {string} label of the package
 * @property {AuditedPart} part
 * @property {string} path
 * @property {true | 'load'} grant
 * @property {string} severity
 * @property {string} place of the first use: `evil/index.js:3`; '' when no package's code is known to ask
 *
 * @typedef {object} Recorder
 * @property {(label: string, part: AuditedPart, path: string, grant?: true | 'load') => void} record
 * @property {() => Needed[]} needed sorted
 */

/**
 * @typedef {object} Use
 * @property {string} package its canonical name
 * @property {Part | 'packages'} part
 * @property {string} capability a path
 * @property {boolean} allowed
 *
 * @typedef {object} Report
 * @property {(use: Use) => void} note
 * @property {() => void} flush write what was counted since
 */

export {};
