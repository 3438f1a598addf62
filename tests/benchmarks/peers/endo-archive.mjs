// node endo-archive.mjs ENTRY ARCHIVE: Endo's makeArchive.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';
import 'ses';
import { makeArchive } from '@endo/compartment-mapper/archive.js';
import { makeReadPowers } from '@endo/compartment-mapper/node-powers.js';
import { evadeCensor } from '@endo/evasive-transform';
import { importBuiltin } from './endo-powers.mjs';

const [, , entry, archive] = process.argv;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

// Without it, comments and strings that look like import() keep most applications from running.
const evade = (parser, sourceType) => async (bytes, specifier, location) => {
  const sourceUrl = new URL(specifier, location).href;
  const { code } = await evadeCensor(decoder.decode(bytes), { sourceUrl, sourceType });
  return { bytes: encoder.encode(code), parser };
};

const bytes = await makeArchive(
  makeReadPowers({ fs, url, crypto, path }),
  url.pathToFileURL(entry).href,
  {
    conditions: new Set(['node']),
    importHook: importBuiltin,
    moduleTransforms: { mjs: evade('mjs', 'module'), cjs: evade('cjs', 'script') },
  },
);
fs.writeFileSync(archive, bytes);
