// What the runtime needs of its host: Node, or a page.
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {object} Powers what the host gives to the runtime
 * @property {AnyObject} globals the start compartment's globalThis
 * @property {ReadonlyArray<string>} hostGlobals names of globals that the language does not define
 * @property {AnyObject} language what the language defines and ses leaves out, hardened
 * @property {ReadonlyArray<string>} languageNames of the globals that ECMA-262 defines, or ses
 * @property {(name: string) => AnyObject | undefined} getBuiltin
 * @property {ReadonlyArray<string>} builtinModules
 * @property {(name: string) => boolean} isBuiltin
 * @property {AnyObject | undefined} timersPromises
 * @property {{ errors: AnyObject | undefined, binding: (name: string) => AnyObject | undefined }} [internals] of Node: its
 *   `internal/errors`, where it was started to show them, and its native classes
 * @property {number} [inherited] how many descriptors that are not the standard ones come from who started the program
 * @property {(holder: object, below?: Function) => void} capture V8's Error.captureStackTrace
 * @property {Scripts | undefined} [scripts] where the engine keeps what it has compiled
 * @property {AnyObject} [console] instead of the host's
 * @property {{ nodeEnv: string } | undefined} [page] of a document, which has no builtins
 *
 * @typedef {object} ScriptSource
 * @property {string} identity what, with the archive, the text follows from: compiled code is kept by it
 * @property {string} text
 * @property {string} url for stack traces
 * @property {() => void} check throws for a text that may not be run; asked for each text but one whose own hash says
 *   that it was asked in an earlier run
 *
 * @typedef {object} Scripts of the host's engine
 * @property {(text: string) => void} checkBody throws a SyntaxError for what is not a function's body, alone
 * @property {(script: ScriptSource) => unknown} evaluate in the start compartment
 * @property {boolean} [compilesOnly] nothing is to be evaluated
 */

export {};
