// Modules of a package: types that its compartment and the linker share.

/**
 * @typedef {object} CjsModule
 * @property {string} id
 * @property {string} path
 * @property {unknown} exports
 * @property {string} filename
 * @property {boolean} loaded
 * @property {CjsModule[]} children
 * @property {string[]} paths
 * @property {CjsModule | null | undefined} parent
 * @property {(specifier: string) => unknown} require
 *
 * @typedef {((specifier: string) => unknown) & Record<string, unknown>} Require
 *
 * @typedef {object} CommonJs
 * @property {(filename: string, key: string, parent: CjsModule | undefined, view?: object) => CjsModule} load
 *   `view`: the value of its `parent` if that is no module of the package
 * @property {(module: CjsModule, key: string) => Require} makeRequire
 * @property {(place: string) => Require} createRequire
 * @property {Function} Module
 */

/**
 * @typedef {'initial' | 'whole' | 'part'} Role of an exported value: the object that the module was given to fill, the
 *   value that it exports instead, or a part of that. An object with data among its parts is data, unless it is the
 *   whole.
 *
 * @typedef {boolean | 'code'} Harden true: all reachable objects; 'code': functions, classes and their prototypes
 *
 * @typedef {object} EvaluatedModule
 * @property {string} source of the functor
 * @property {() => Iterable<[value: unknown, role: Role]>} exports
 * @property {(listener: (value: unknown) => void) => void} [watch] subscribes to new values of exports
 *
 * @typedef {object} CrossPackageExports
 * @property {<T>(evaluate: () => T) => T} during evaluates a module of the package
 * @property {(module: EvaluatedModule) => void} evaluated called after a module of the package was evaluated
 * @property {() => void} share called when another package gets the exports of the package
 * @property {(value: unknown, source: string) => boolean} locks whether the value is code of the package from that
 *   source
 * @property {() => boolean} isEvaluating whether the package can't be locked yet
 */

/**
 * @typedef {[name: string, read: () => unknown, write?: (value: unknown) => void]} Variable
 *
 * @typedef {(callee: unknown, getThis: () => unknown, variables: Variable[], ...args: unknown[]) => unknown} DirectEval
 *   `callee`: the value of the name `eval` at the call
 */

/** @typedef {(...args: any[]) => unknown} Functor */

export {};
