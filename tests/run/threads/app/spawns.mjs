// execFile by its own name, of Node itself, with a module of the archive.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./echo.js', import.meta.url));
execFile(process.execPath, [script, 'two', 'a b'], { encoding: 'buffer' }, (error, out) => {
  console.log(error, Buffer.isBuffer(out), out.toString());
});
