// Powers: the host I/O that Node or a page injects into the runtime.
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Asking } from './additions.js' */
/** @import { Threads } from './threads.js' */
/** @import { WebWorkers } from './web-workers.js' */

/**
 * @typedef {object} Powers host I/O for the runtime
 * @property {AnyObject} globals the start compartment's globalThis
 * @property {ReadonlyArray<string>} hostGlobals names of globals that ECMA-262 does not define
 * @property {AnyObject} language objects that ECMA-262 defines and ses leaves out, hardened
 * @property {ReadonlyArray<string>} languageNames of the globals that ECMA-262 or ses defines
 * @property {(name: string) => AnyObject | undefined} getBuiltin
 * @property {ReadonlyArray<string>} builtinModules
 * @property {(name: string) => boolean} isBuiltin
 * @property {AnyObject | undefined} timersPromises
 * @property {{ errors: AnyObject | undefined, binding: (name: string) => AnyObject | undefined }} [internals] Node's
 *   `internal/errors`, if Node was started with them exposed, and its native classes
 * @property {(bytes: Uint8Array) => string} [sha512]
 * @property {() => { cwd: string, home: string, tmp: string }} [anchors] real paths of the folders that patterns of files
 *   start at, as they were before any package ran
 * @property {number} [inherited] number of file descriptors beyond the standard ones that the parent process passed on
 * @property {(holder: object, below?: Function) => void} capture V8's Error.captureStackTrace
 * @property {Scripts | undefined} [scripts] the code cache of the engine
 * @property {Threads} [threads] set if packages can start threads
 * @property {WebWorkers} [webWorkers] set in a page
 * @property {Asking} [asking] set if the parent process finds modules at run time
 * @property {(files: NativeFile[], id: string) => object} [loadAddon] loads machine code, beside the other files, and
 *   returns its exports
 * @property {ReadonlyArray<ShimmedModule>} [shimmed] modules that ran before the lockdown, and do not run again
 * @property {(file: NativeFile) => { path: string, env: Record<string, string> }} [storeProgram] returns where a program
 *   with machine code is stored, and the variables of the process as they were before any package ran
 * @property {AnyObject} [console] replaces the host's console
 * @property {{ nodeEnv: string } | undefined} [page] set in a document, which has no builtins
 *
 * @typedef {object} ShimmedModule
 * @property {string} compartment
 * @property {string} key
 * @property {unknown} exports of a CommonJS module; of an ECMAScript module, an object with its exports
 *
 * @typedef {object} Shimmed
 * @property {Record<string, unknown>} globals new globals for every package
 * @property {ShimmedModule[]} modules
 *
 * @typedef {object} NativeFile machine code of an archive
 * @property {string} id
 * @property {string} package its name
 * @property {string} location in the package
 * @property {Uint8Array} content
 *
 * @typedef {object} ScriptSource
 * @property {string} identity cache key of the compiled code: together with the archive, it determines the source
 * @property {string} source
 * @property {string} url for stack traces
 * @property {() => void} check throws if the source must not run; skipped if a hash of the source shows that an
 *   earlier run checked it
 *
 * @typedef {object} Scripts of the host's engine
 * @property {(source: string) => void} checkBody throws a SyntaxError for source that is not exactly one function body
 * @property {(script: ScriptSource) => unknown} evaluate runs the script in the start compartment
 * @property {boolean} [compilesOnly] compiles scripts without evaluating them
 */

export {};
