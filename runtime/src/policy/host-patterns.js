// Patterns of hosts in a policy: `api.example.com`, `*.example.org:8443`, `10.0.0.0/8`. The bundler checks their form
// (compartment_mapper/policy/host_patterns.py).
import {
  holds,
  isLoopback,
  isPublic,
  isPublicNetwork,
  parseAddress,
  parseNetwork,
} from './addresses.js';

const { URL } = globalThis;

/** @import { Address, Network } from './addresses.js' */

/**
 * @typedef {object} HostPattern
 * @property {string} text
 * @property {'any' | 'name' | 'below' | 'network'} kind `below`: the names below `value`
 * @property {string} value
 * @property {number | undefined} port undefined: any
 * @property {Network} [network]
 *
 * @typedef {object} Host a host that a package requests, in its canonical form
 * @property {string} name in lowercase, without a final dot; an address without brackets
 * @property {Address | undefined} address undefined: a name
 */

// `[::1]/128:80`, `10.0.0.0/8:53`, `*.example.org:8443`: the host or network, and its port.
const PATTERN = /^(\[[^\]]*\](?:\/\d+)?|[^:]*|[^/]*:[^/]*:[^/]*(?:\/\d+)?)(?::(\d+))?$/;

/**
 * @param {string} text
 * @returns {HostPattern | undefined} undefined: not a pattern
 */
export const parseHostPattern = (text) => {
  const [, host = '', digits] = PATTERN.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === '') return undefined;
  const network = parseNetwork(host.replace(/[[\]]/g, ''));
  if (network !== undefined) return { text, kind: 'network', value: host, port, network };
  if (host === '*') return { text, kind: 'any', value: '', port };
  const isBelow = host.startsWith('*.');
  const value = isBelow ? host.slice(2) : host;
  if (hostOf(value)?.name !== value) return undefined;
  return { text, kind: isBelow ? 'below' : 'name', value, port };
};

/**
 * Interprets a host as URLs do: `0x7f.1` is `127.0.0.1`. A name with characters that only some parsers accept (`%`,
 * `@`, `/`, NUL, a zone of IPv6) is no host.
 *
 * @param {unknown} text
 * @returns {Host | undefined}
 */
export const hostOf = (text) => {
  if (typeof text !== 'string' || /[\s%/\\?#@<>^|"'`{}\0]/.test(text)) return undefined;
  const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (bare.includes(':')) {
    const address = parseAddress(bare);
    return address && { name: bare.toLowerCase(), address };
  }
  if (bare === '' || bare !== text) return undefined;
  let name;
  try {
    name = new URL(`http://${bare}/`).hostname.replace(/\.$/, '');
  } catch {
    return undefined;
  }
  return name === '' || name.endsWith('.') ? undefined : { name, address: parseAddress(name) };
};

/** @param {string} name */
const isLocalName = (name) => `.${name}`.endsWith('.localhost');

/**
 * @param {HostPattern} pattern
 * @param {Host} host
 * @param {number} port
 */
const allows = ({ kind, value, port: only, network }, { name, address }, port) => {
  if (only !== undefined && only !== port) return false;
  if (network !== undefined) return address !== undefined && holds(network, address);
  if (kind === 'any') return address === undefined ? !isLocalName(name) : isPublic(address);
  if (address !== undefined) return false;
  return kind === 'name' ? name === value : name.endsWith(`.${value}`);
};

/**
 * @param {ReadonlyArray<HostPattern>} patterns
 * @param {Host} host
 * @param {number} port
 * @returns {boolean}
 */
export const allowsHost = (patterns, host, port) =>
  patterns.some((pattern) => allows(pattern, host, port));

/**
 * @param {ReadonlyArray<HostPattern>} patterns
 * @param {Host} host a name that is allowed
 * @param {string} text an address of this name
 * @param {number} port
 * @returns {boolean} whether the patterns allow the address: it is public, or one of them is its network
 */
export const allowsAddress = (patterns, host, text, port) => {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if (isPublic(address) || (isLocalName(host.name) && isLoopback(address))) return true;
  return patterns.some(
    (pattern) => pattern.network && allows(pattern, { name: text, address }, port),
  );
};

/**
 * @param {HostPattern} one
 * @param {HostPattern} other
 * @returns {boolean} whether `one` allows everything that `other` allows
 */
export const coversHost = (one, other) => {
  if (one.port !== undefined && one.port !== other.port) return false;
  if (one.network !== undefined)
    return (
      other.network !== undefined &&
      other.network.length >= one.network.length &&
      holds(one.network, other.network)
    );
  if (other.network !== undefined) return one.kind === 'any' && isPublicNetwork(other.network);
  if (one.kind === 'any') return other.kind === 'any' || !isLocalName(other.value);
  if (other.kind === 'any') return false;
  if (one.kind === 'name') return other.kind === 'name' && other.value === one.value;
  const isBelow = other.value.endsWith(`.${one.value}`);
  return isBelow || (other.kind === 'below' && other.value === one.value);
};
