import JSZip from 'jszip';
import * as pako from 'pako';
import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import tar from 'tar-stream';

const zip = new JSZip();
const date = new Date(Date.UTC(2000, 0, 1));
zip.file('a.txt', 'hello '.repeat(50), { date });
zip.folder('b').file('c.bin', new Uint8Array([1, 2, 3]), { date });
const bytes = await zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE' });
const read = await JSZip.loadAsync(bytes);
console.log(bytes.length, Object.keys(read.files), await read.file('b/c.bin').async('base64'));
console.log(Object.entries(unzipSync(bytes)).map(([name, data]) => `${name}=${data.length}`));

const text = 'the quick brown fox '.repeat(20);
const packed = pako.deflate(text, { level: 9 });
console.log(
  packed.length,
  pako.inflate(packed, { toText: true, to: 'string' }) === text,
  strFromU8(gunzipSync(pako.gzip(text))) === text,
);
console.log(
  strFromU8(pako.ungzip(gzipSync(strToU8('x'), { mtime: 0 }))),
  zipSync({ 'n.txt': [strToU8('n'), { mtime: date }] }).length,
);

const pack = tar.pack();
pack.entry({ name: 'one.txt', mtime: date }, 'one');
pack.entry({ name: 'two', type: 'symlink', linkname: 'one.txt', mtime: date });
pack.finalize();
const extract = tar.extract();
extract.on('entry', (header, stream, next) => {
  stream.on('data', (data) => console.log('data', String(data)));
  stream.on('end', next);
  console.log(header.name, header.type, header.linkname, header.mtime.toISOString());
});
await new Promise((resolve) => pack.pipe(extract).on('finish', resolve));
