// Modules of a package, as its compartment and the linker know them.

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
 * @property {(filename: string, key: string, parent: CjsModule | undefined, seen?: object) => CjsModule} load
 *   `seen`: what its `parent` is where that is no module of the package
 * @property {(module: CjsModule, key: string) => Require} makeRequire
 * @property {(place: string) => Require} createRequire
 * @property {Function} Module
 */

/**
 * @typedef {'made' | 'whole' | 'part'} Role of an exported value: the object that the module was given to fill, what it
 *   exports instead, or a part of that. An object with data among its parts is data, unless it is the whole.
 *
 * @typedef {boolean | 'code'} Harden true: all that can be reached; 'code': functions, classes and their prototypes
 *
 * @typedef {object} EvaluatedModule
 * @property {string} text that the functor was made of
 * @property {() => Iterable<[value: unknown, role: Role]>} exports
 * @property {(listener: (value: unknown) => void) => void} [watch] asks for new values of what is exported
 *
 * @typedef {object} CrossPackageExports
 * @property {<T>(evaluate: () => T) => T} during evaluates a module of the package
 * @property {(module: EvaluatedModule) => void} evaluated a module of the package was evaluated
 * @property {() => void} share another package is given what the package exports
 * @property {(value: unknown, text: string) => boolean} locks whether that is code of the package, of that text
 * @property {() => boolean} isEvaluating whether nothing of it can be locked yet
 */

/**
 * @typedef {[name: string, read: () => unknown, write?: (value: unknown) => void]} Variable
 *
 * @typedef {(callee: unknown, getThis: () => unknown, variables: Variable[], ...args: unknown[]) => unknown} DirectEval
 *   is told what the name `eval` stands for where it is called
 */

/** @typedef {(...args: any[]) => unknown} Functor */

export {};
