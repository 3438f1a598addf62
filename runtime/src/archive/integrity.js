// Hashes of machine code, as policies write them.

/**
 * @param {string} sha512 hexadecimal digits
 * @returns {string} `sha512-` and the hash in Base64
 */
export const integrityOf = (sha512) => {
  const bytes = (sha512.match(/../g) ?? []).map((pair) => String.fromCharCode(parseInt(pair, 16)));
  return `sha512-${btoa(bytes.join(''))}`;
};
