// The review, indexed, and the filters of the page.

/** @import { Capability, Package, Review, Severity } from './review.js' */

/** @type {Severity[]} */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'];
export const ROOT = '$root$';

/**
 * @typedef {object} Filter
 * @property {string} query part of a name
 * @property {Severity} minimum the lowest severity to show
 * @property {'all' | 'granted' | 'denied'} status
 */

/**
 * @typedef {object} Model
 * @property {Review} review
 * @property {Map<string, Package>} packages by canonical name
 * @property {(own: Package) => string} labelOf a short name
 */

/**
 * @param {Review} review
 * @returns {Model}
 */
export const makeModel = (review) => {
  const labels = labelsOf(review.packages);
  return {
    review,
    packages: new Map(review.packages.map((each) => [each.canonicalName, each])),
    labelOf: (own) => labels.get(own.canonicalName) ?? own.canonicalName,
  };
};

/** @param {Severity} severity */
export const rank = (severity) => SEVERITIES.indexOf(severity);

/**
 * @param {Capability} capability
 * @param {Filter} filter
 */
export const isShown = (capability, { minimum, status }) =>
  rank(capability.severity) <= rank(minimum) && (status === 'all' || capability.status === status);

/**
 * @param {Package} own
 * @param {Filter} filter
 */
export const capabilitiesOf = (own, filter) =>
  own.capabilities.filter((capability) => isShown(capability, filter));

/**
 * @param {Package} own
 * @param {Filter} filter
 */
export const matches = (own, { query }) => {
  const wanted = query.trim().toLowerCase();
  return (
    wanted === '' ||
    own.canonicalName.toLowerCase().includes(wanted) ||
    `${own.name}@${own.version}`.toLowerCase().includes(wanted) ||
    own.capabilities.some((each) => each.capability.toLowerCase().includes(wanted))
  );
};

/**
 * @param {Package} own
 * @param {Filter} filter
 * @returns {Severity | null} the worst shown severity of a granted capability
 */
export const worst = (own, filter) =>
  capabilitiesOf(own, filter).find((each) => each.status === 'granted')?.severity ?? null;

/** @param {Package} own */
export const titleOf = (own) => {
  const version = own.version ? `@${own.version}` : '';
  if (own.canonicalName === ROOT) return `${own.name}${version} (the application)`;
  if (own.canonicalName === own.name) return `${own.name}${version}`;
  return `${own.canonicalName} (${own.name}${version})`;
};

/**
 * @param {Package[]} packages
 * @returns {Map<string, string>} by canonical name: the name, with the version if several packages have the name
 */
const labelsOf = (packages) => {
  const byName = Map.groupBy(packages, (own) => own.name);
  return new Map(
    packages.map((own) => {
      const isAlone = (byName.get(own.name)?.length ?? 0) < 2;
      const label = isAlone || !own.version ? own.name : `${own.name}@${own.version}`;
      return [own.canonicalName, label || own.canonicalName];
    }),
  );
};

/** @param {number} bytes */
export const sizeText = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
};

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/**
 * @param {Iterable<Capability>} capabilities
 * @returns {string} the number by severity: `3 (1 high, 2 low)`
 */
export const countedBySeverity = (capabilities) => {
  const all = [...capabilities];
  const parts = SEVERITIES.map((severity) => ({
    severity,
    count: all.filter((each) => each.severity === severity).length,
  })).filter(({ count }) => count > 0);
  const detail = parts.map(({ severity, count }) => `${count} ${severity}`).join(', ');
  return detail === '' ? '0' : `${all.length} (${detail})`;
};

/**
 * @param {Capability} capability
 * @returns {string} the object whose members are granted: `process.env`, `node:fs`
 */
export const groupOf = ({ part, capability }) => {
  const [first = '', second] = capability.split('.');
  if (part === 'builtins') return `node:${first}`;
  if (part === 'packages') return 'files of other packages';
  return first === 'process' && second !== undefined ? `process.${second}` : first;
};

/** @param {Capability} capability */
export const kindOf = ({ part }) => part.replace(/s$/, '');
