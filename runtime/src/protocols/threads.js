// Threads and child processes that run modules of the application: each has a runtime of its own, with the same archive
// and policies.

/**
 * @typedef {object} Envelope a value in a form that the host's ports clone without reading an object of a package
 * @property {Uint8Array | undefined} bytes of V8's serializer; undefined: one of the following has the value
 * @property {ArrayBuffer[]} buffers transferred
 * @property {unknown[]} ports of the host, transferred
 * @property {object | undefined} platform a DOMException, a Blob or a File
 * @property {{ value: unknown } | undefined} graph new objects around shared memory
 *
 * @typedef {Record<string, string>} Variables
 *
 * @typedef {object} Beginning where a thread or a process begins, and what it is given
 * @property {string} compartment
 * @property {string} module
 * @property {string} starter compartment of the package that started it
 * @property {Variables} variables of the whole program
 * @property {Variables | undefined} ownVariables that only the package that started it sees
 * @property {'json' | 'advanced'} serialization of messages between processes
 * @property {{ workerData: Envelope, environmentData: Envelope }} [given] to a thread
 *
 * @typedef {object} ThreadOptions of Node's Worker
 * @property {string[]} argv
 * @property {string[]} execArgv
 * @property {string} [name]
 * @property {boolean} stdin
 * @property {boolean} stdout
 * @property {boolean} stderr
 * @property {Record<string, number> | undefined} resourceLimits
 * @property {boolean} trackUnmanagedFds
 *
 * @typedef {object} ChildOptions
 * @property {string[]} args
 * @property {string[]} execArgv
 * @property {unknown[]} stdio
 * @property {object} more options of Node's `spawn`
 *
 * @typedef {object} Threads
 * @property {(beginning: Beginning, options: ThreadOptions, transfer: unknown[]) => any} start returns Node's Worker
 * @property {(beginning: Beginning, options: ChildOptions) => any} fork returns Node's ChildProcess
 * @property {(beginning: Beginning, options: ChildOptions & { input: Uint8Array }) => any} forkSync returns the result of
 *   Node's `spawnSync`
 * @property {(beginning: Beginning, options: ChildOptions) => any} cluster returns Node's worker of a cluster
 * @property {(Beginning & { parentPort: any }) | undefined} current undefined in the program that starts all others
 */

export {};
