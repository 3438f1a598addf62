// Workers of a page that run modules of the application: each has a runtime of its own, from the same script.

/**
 * @typedef {'dedicated' | 'service'} WorkerKind
 *
 * @typedef {object} WorkerStart where a worker starts
 * @property {string} compartment
 * @property {string} module
 * @property {string} starter compartment of the package that started it
 *
 * @typedef {object} WebWorkers
 * @property {(start: WorkerStart, options: { name: string, credentials?: string }) => any} start returns the page's Worker
 * @property {(start: WorkerStart) => string} serviceScript returns the URL of the script for a service worker
 * @property {(WorkerStart & { kind: WorkerKind }) | undefined} current undefined in a document
 */

export {};
