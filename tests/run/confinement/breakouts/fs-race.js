// A path is asked for that leads to a plain file, and leads to the process itself by the time that it is opened.
const fs = require('fs');
const { pbkdf2 } = require('crypto');
const { dirname, join } = require('path');
const BUSY = 4; // threads of the pool, each with more to do than changes the path
const asked = (act) => new Promise((done) => act((error, value) => done(error ? '' : value)));
const ways = {
  readFile: (path) => asked((done) => fs.readFile(path, 'latin1', done)),
  'promises.readFile': (path) => fs.promises.readFile(path, 'latin1'),
  createReadStream: (path) => textOf(fs.createReadStream(path)),
  open: async (path) => {
    const descriptor = await asked((done) => fs.open(path, 'r', done));
    return typeof descriptor === 'number' ? fs.readFileSync(descriptor, 'latin1') : '';
  },
  'promises.open': async (path) => (await fs.promises.open(path)).readFile('latin1'),
};
module.exports = async () => {
  const open = [];
  for (const [name, way] of Object.entries(ways)) {
    const folder = join(dirname(FILE), `${name}-${Math.random()}`);
    const inner = join(folder, 'place', 'proc', 'self');
    fs.mkdirSync(inner, { recursive: true });
    fs.writeFileSync(join(inner, 'environ'), '');
    for (let thread = 0; thread < BUSY; thread += 1) pbkdf2('', '', 200_000, 64, 'sha512', () => {});
    const text = way(join(inner, 'environ')).catch(() => '');
    fs.renameSync(join(folder, 'place'), join(folder, 'before'));
    fs.symlinkSync('/', join(folder, 'place'));
    if ((await text).includes(SECRET_NAME)) open.push(name);
  }
  return `read by: ${open.join(', ')}`;
};
