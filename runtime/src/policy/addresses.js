// IP addresses and networks, in their canonical text forms.
import table from '../../../compartment_mapper/authority/scopes.json' with { type: 'json' };

const { URL } = globalThis;

/**
 * @typedef {object} Address
 * @property {4 | 6} version
 * @property {bigint} value
 *
 * @typedef {Address & { length: number }} Network the addresses whose first `length` bits are those of `value`
 */

const BITS = { 4: 32, 6: 128 };
const MAPPED = 0xffffn; // ::ffff:a.b.c.d, an IPv4 address in an IPv6 socket

/** @param {string} text four decimal numbers */
const four = (text) => text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);

/**
 * @param {string} text in the form that URLs have: groups in lowercase, the longest run of zeros left out
 * @returns {bigint}
 */
const six = (text) => {
  const [head = '', tail] = text.split('::');
  const groups = (/** @type {string} */ part) => (part === '' ? [] : part.split(':'));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].reduce(
    (value, group) => value * 65536n + BigInt(`0x${group}`),
    0n,
  );
};

/**
 * @param {string} text
 * @returns {string | undefined} as a URL has it: `::0001` is `::1`
 */
const canonicalSix = (text) => {
  if (!/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) return undefined;
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
};

/**
 * @param {string} text an IPv4 address in its decimal form, or an IPv6 address in any form
 * @returns {Address | undefined} undefined: not an address
 */
export const parseAddress = (text) => {
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) return { version: 4, value: four(text) };
  const canonical = canonicalSix(text);
  if (canonical === undefined) return undefined;
  const value = six(canonical);
  return value >> 32n === MAPPED
    ? { version: 4, value: value & 0xffffffffn }
    : { version: 6, value };
};

/**
 * @param {string} text an address, or a network such as `10.0.0.0/8`
 * @returns {Network | undefined}
 */
export const parseNetwork = (text) => {
  const [, address = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const found = parseAddress(address);
  if (found === undefined) return undefined;
  const length = digits === undefined ? BITS[found.version] : Number(digits);
  return length > BITS[found.version] ? undefined : { ...found, length };
};

/**
 * @param {Network} network
 * @param {Address} address
 * @returns {boolean}
 */
export const holds = ({ version, value, length }, address) => {
  const shift = BigInt(BITS[version] - length);
  return version === address.version && value >> shift === address.value >> shift;
};

/** @type {Network[]} */
const SPECIAL = table.special.map((text) => /** @type {Network} */ (parseNetwork(text)));
const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(
  (text) => /** @type {Network} */ (parseNetwork(text)),
);

/** @param {Address} address */
export const isPublic = (address) => !SPECIAL.some((network) => holds(network, address));

/** @param {Address} address */
export const isLoopback = (address) => LOOPBACK.some((network) => holds(network, address));

/**
 * @param {Network} network
 * @returns {boolean} whether all its addresses are public
 */
export const isPublicNetwork = (network) =>
  !SPECIAL.some((special) => holds(special, network) || holds(network, special));
