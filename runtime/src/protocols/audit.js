// Records made while packages run: denials by the policy, and uses of dangerous capabilities.

/** @import { Part } from '../base/authority.js' */

/** @typedef {'globals' | 'builtins' | 'packages'} AuditedPart */

/** @typedef {true | 'load' | Record<string, string[]>} NeededGrant an object is a scope: `{ hosts: ['example.org'] }` */

/**
 * @typedef {object} Needed a missing grant
 * @property {string} label of the package
 * @property {AuditedPart} part
 * @property {string} path
 * @property {NeededGrant} grant
 * @property {string} severity
 * @property {string} place of the first use: `evil/index.js:3`; '' if the stack has no frame of a package
 *
 * @typedef {object} Recorder
 * @property {(label: string, part: AuditedPart, path: string, grant?: NeededGrant) => void} record
 * @property {() => Needed[]} needed sorted
 * @property {(label: string, part: AuditedPart, path: string, scope: Record<string, string[]>) => void} use records what
 *   a package does with an unrestricted grant
 * @property {(kind: 'needed' | 'used', row: Needed) => void} merge adds a row of another thread
 * @property {() => Needed[]} used the scopes that would be enough, sorted
 */

/**
 * @typedef {object} Use
 * @property {string} package its canonical name
 * @property {Part | 'packages'} part
 * @property {string} capability a path
 * @property {boolean} allowed
 * @property {string} [target] what the scope of a grant leaves out: a host, a path or a program
 *
 * @typedef {object} Report
 * @property {(use: Use) => void} note
 * @property {() => void} flush writes the counts that changed since the last call
 */

export {};
