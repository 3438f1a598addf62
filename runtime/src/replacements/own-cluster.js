// `cluster` of a package that is not granted Node's: that of a primary process without workers. Loggers and metrics
// read the role and add listeners. https://nodejs.org/api/cluster.html
/** @import { AnyObject } from '../base/objects.js' */

const MAKERS = ['fork', 'setupPrimary', 'setupMaster', 'disconnect', 'Worker'];

/**
 * @param {any} EventEmitter
 * @param {(member: string) => Function} denied a function that throws
 * @returns {AnyObject}
 */
export const makeOwnCluster = (EventEmitter, denied) => {
  const cluster = new EventEmitter();
  const state = { isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {} };
  const constants = { SCHED_NONE: 1, SCHED_RR: 2, schedulingPolicy: 2 };
  const makers = Object.fromEntries(MAKERS.map((name) => [name, denied(name)]));
  return Object.assign(cluster, state, constants, makers);
};
