// Denials that nobody expected, printed when the process ends: a package may catch the error of a denial, and then its
// attempt would go unnoticed.
import { severityOf } from '../base/authority.js';
import { onDenied } from '../base/errors.js';
import { bareBuiltin, holdersOf } from '../policy/policy.js';
import { placeOfUse } from './audit.js';
import { WORST } from './report.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { PackagePolicy } from '../policy/policy-format.js' */

const MOST = 10; // lines

/**
 * @param {PackagePolicy} policy
 * @param {'globals' | 'builtins' | 'packages'} part
 * @param {string} path
 * @returns {boolean} whether the policy denies the path by decision
 */
const isDecided = (policy, part, path) => {
  const grants = policy[part];
  if (!(grants instanceof Map)) return false;
  const names = holdersOf(path);
  return [...grants].some(([name, grant]) => grant === false && names.includes(bareBuiltin(name)));
};

/**
 * Calls `print` when the process ends if a dependency was denied a capability of high severity that its policy does not
 * mention, or a host, file or program that the scope of a grant leaves out.
 *
 * @param {CompartmentMap} map
 * @param {(message: string) => void} print
 */
export const raiseAlarm = ({ compartments, entry }, print) => {
  const application = compartments.get(entry.compartment)?.label;
  const policies = new Map([...compartments.values()].map(({ label, policy }) => [label, policy]));
  /** @type {Map<string, { text: string, count: number }>} */
  const found = new Map();
  onDenied((label, part, path, target) => {
    const policy = policies.get(label);
    if (policy === undefined || label === application || part === 'packages') return;
    const severity = severityOf(part, path);
    const isExpected = !WORST.includes(severity) || isDecided(policy, part, path);
    if (target === undefined && isExpected) return;
    const key = JSON.stringify([label, part, path, target]);
    const known = found.get(key);
    if (known !== undefined) known.count += 1;
    else {
      const place = placeOfUse();
      const what = `${part.slice(0, -1)} '${path}'${target === undefined ? '' : ` for '${target}'`}`;
      const text = `package '${label}' tried to use ${what} (${severity})${place && `, first at ${place}`}`;
      found.set(key, { text, count: 1 });
    }
  });
  process.on('exit', () => {
    if (found.size === 0) return;
    const rows = [...found.values()].slice(0, MOST);
    const lines = rows.map(({ text, count }) => `  ${text}${count > 1 ? `, ${count} times` : ''}`);
    const rest = found.size > MOST ? [`  and ${found.size - MOST} more`] : [];
    print(
      ['warning: denied, and not mentioned in the policy:', ...lines, ...rest].join('\n') +
        '\n  `run --report FILE` records every denial; a decision (true or false) in the policy silences this',
    );
  });
};
