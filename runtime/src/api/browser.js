// The package, in pages. Archives are read at once, without the page's asynchronous functions for it, which plain http
// has only in part.
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { inflateSync } from 'fflate';
import { preparePage } from '../web-powers.js';
import { makeApi } from './api.js';

export const { lockdown, harden, Compartment, importArchive, parseArchive, prepareSources } =
  makeApi({
    prepare: () => preparePage({ nodeEnv: 'production' }),
    verifyPowers: {
      inflateRaw: (bytes, size) => inflateSync(bytes, { out: new Uint8Array(size) }),
      sha512: (bytes) => bytesToHex(sha512(bytes)),
    },
    loadCompiler: () => import('./compile.js'),
    loadCompilerNow: () => undefined,
  });
