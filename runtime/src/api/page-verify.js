// Verification of archives in pages. Synchronous, and without Web Crypto, which is missing in insecure contexts.
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { inflateSync } from 'fflate';

/** @type {import('../linker/import-archive.js').VerifyPowers} */
export const verifyPowers = {
  // fflate truncates silently. One extra byte in the output reveals content that is too long.
  inflateRaw: (bytes, size) => inflateSync(bytes, { out: new Uint8Array(size + 1) }),
  sha512: (bytes) => bytesToHex(sha512(bytes)),
};
