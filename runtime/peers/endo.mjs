// Endo's reader and writer, for the tests of the bundler: `node endo.mjs read ARCHIVE` verifies and runs an archive,
// `node endo.mjs write ENTRY ARCHIVE` creates one.
import 'ses';
import crypto from 'node:crypto';
import fs from 'node:fs';
import url from 'node:url';

lockdown({ errorTaming: 'unsafe', overrideTaming: 'severe', consoleTaming: 'unsafe' });

const computeSha512 = (/** @type {Uint8Array} */ bytes) =>
  crypto.createHash('sha512').update(bytes).digest('hex');
const [action, input = '', output = ''] = process.argv.slice(2);

if (action === 'read') {
  const { parseArchive } = await import('@endo/compartment-mapper/import-archive.js');
  const application = await parseArchive(fs.readFileSync(input), input, { computeSha512 });
  const { namespace } = await application.import({ globals: { console } });
  console.log(Object.keys(namespace).join(), application.sha512);
} else {
  const { makeArchive } = await import('@endo/compartment-mapper');
  const { makeReadPowers } = await import('@endo/compartment-mapper/node-powers.js');
  const { defaultParserForLanguage } = await import('@endo/compartment-mapper/archive-parsers.js');
  const powers = makeReadPowers({ fs, url, crypto });
  const options = { parserForLanguage: defaultParserForLanguage };
  fs.writeFileSync(output, await makeArchive(powers, url.pathToFileURL(input).href, options));
}
