// What verifies archives in pages: at once, without the page's asynchronous functions, which plain http has only in part.
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { inflateSync } from 'fflate';

/** @type {import('../linker/import-archive.js').VerifyPowers} */
export const verifyPowers = {
  // fflate leaves out what does not fit. With room for one byte more, too long a content shows.
  inflateRaw: (bytes, size) => inflateSync(bytes, { out: new Uint8Array(size + 1) }),
  sha512: (bytes) => bytesToHex(sha512(bytes)),
};
