const fs = require('fs');
const fsp = require('fs/promises');
const os = require('os');
const path = require('path');
const util = require('util');
const crypto = require('crypto');
const processes = require('child_process');
const leads = require('./leads');

const once = (emitter, event) =>
  new Promise((resolve, reject) => emitter.once(event, resolve).once('error', reject));
const text = async (stream) => {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
};
const temporary = (use) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'own-'));
  try {
    return use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
};
const descriptor = (file, use) => {
  const fd = fs.openSync(file);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
};

const allowed = {
  readFileSync: () => fs.readFileSync('data/a.txt', 'utf8'),
  'readFile with a callback': () => util.promisify(fs.readFile)('./data/a.txt', 'utf8'),
  'fs.promises': () => fs.promises.readFile('data/deep/b.txt', 'utf8'),
  'fs/promises': () => fsp.readFile('data/../data/a.txt', 'utf8'),
  'a URL': () => fs.readFileSync(new URL(`file://${fs.realpathSync('data/a.txt')}`), 'utf8'),
  'a link inside': () => fs.readFileSync('data/inside', 'utf8'),
  'a pattern through a link': () => fs.readFileSync('data-link/a.txt', 'utf8'),
  'a descriptor': () =>
    descriptor('data/a.txt', (fd) => {
      const bytes = Buffer.alloc(4);
      fs.readSync(fd, bytes, 0, 4, 0);
      return `${bytes}${fs.fstatSync(fd).size}`;
    }),
  'a handle': async () => {
    const handle = await fsp.open('data/a.txt');
    const content = await handle.readFile('utf8');
    await handle.close();
    return content;
  },
  'a read stream': () => text(fs.createReadStream('data/a.txt', { encoding: 'utf8', start: 1 })),
  'a write stream': async () => {
    const stream = fs.createWriteStream('out/stream.txt');
    stream.end('streamed');
    await once(stream, 'finish');
    return fs.readFileSync('out/stream.txt', 'utf8');
  },
  'a class of streams': () => text(new fs.ReadStream('data/a.txt')),
  readdirSync: () => fs.readdirSync('data').sort().join(),
  opendir: async () => {
    const names = [];
    for await (const { name } of await fsp.opendir('data')) names.push(name);
    return names.sort().join();
  },
  'stat and exists': () => [fs.statSync('data/a.txt').size, fs.existsSync('data/none')].join(),
  'a new file': () => {
    fs.writeFileSync('out/new.txt', 'new');
    fs.appendFileSync('out/new.txt', 'er');
    return fs.readFileSync('out/new.txt', 'utf8');
  },
  'new folders': () => {
    fs.mkdirSync('out/x/y/z', { recursive: true });
    fs.writeFileSync('out/x/y/z/file', '1');
    fs.renameSync('out/x', 'out/moved');
    fs.copyFileSync('data/a.txt', 'out/moved/a.txt');
    const found = fs.readdirSync('out/moved').sort().join();
    fs.rmSync('out/moved', { recursive: true });
    return found;
  },
  'a folder for temporary files': () =>
    temporary((folder) => {
      fs.writeFileSync(path.join(folder, 'file'), 'kept');
      return fs.readFileSync(path.join(folder, 'file'), 'utf8');
    }),
  'its own file': () => fs.readFileSync(__filename, 'utf8').includes('its own file'),
  'a stream of its own file': async () => (await text(fs.createReadStream(__filename))).length > 10,
  spawn: () => text(processes.spawn('printf', ['one']).stdout),
  'the end of a program': async () =>
    once(
      processes.spawn('cat').on('spawn', function () {
        this.stdin.end();
      }),
      'close',
    ),
  'standard input': async () => {
    const child = processes.spawn('cat');
    child.stdin.end('typed');
    return text(child.stdout);
  },
  execFile: async () => (await util.promisify(processes.execFile)('printf', ['%s', 'x y'])).stdout,
  execFileSync: () => processes.execFileSync('printf', ['one'], { encoding: 'utf8' }),
  spawnSync: () => processes.spawnSync('cat', { input: 'given' }).stdout.toString(),
};

// Two reads of an option that differ.
const flipping = () => {
  let reads = 0;
  return {
    get recursive() {
      return reads++ > 0;
    },
  };
};
const hasRecursive = () => Object.assign(() => undefined, { recursive: true });
// The folder `out/use` is replaced by `out/link` while Node's threads are busy, or by a getter of options.
const swap = () => {
  fs.renameSync('out/use', 'out/kept');
  fs.renameSync('out/link', 'out/use');
};
const swapBack = () => {
  fs.renameSync('out/use', 'out/link');
  fs.renameSync('out/kept', 'out/use');
};
const raced = async (start) => {
  for (let count = 0; count < 8; count += 1) crypto.pbkdf2('x', 'y', 50_000, 64, 'sha512', () => 0);
  const started = start();
  swap();
  try {
    return await started;
  } finally {
    swapBack();
  }
};
const withGetter = (key, start) => {
  let isSwapped = false;
  const options = {
    get [key]() {
      if (!isSwapped) swap();
      isSwapped = true;
      return undefined;
    },
  };
  try {
    return start(options);
  } finally {
    if (isSwapped) swapBack();
  }
};
const isFrom = (outside, found) => {
  if (found !== outside) throw new Error(`of the package: ${found}`);
  return found;
};

const denied = {
  readFileSync: () => fs.readFileSync('secret.txt', 'utf8'),
  readFile: () => util.promisify(fs.readFile)('secret.txt', 'utf8'),
  'fs.promises': () => fs.promises.readFile('secret.txt', 'utf8'),
  'fs/promises': () => fsp.readFile('data/../secret.txt', 'utf8'),
  'a builtin by another way': () =>
    process.getBuiltinModule('fs').readFileSync('secret.txt', 'utf8'),
  'a link up': () => fs.readFileSync('data/up', 'utf8'),
  'a link to a folder': () => fs.readFileSync('data/outside/secret.txt', 'utf8'),
  'a URL': () => fs.readFileSync(new URL('file:///etc/passwd'), 'utf8'),
  'an encoded URL': () => fs.readFileSync(new URL('file:///etc/%70asswd'), 'utf8'),
  'a Buffer': () => fs.readFileSync(Buffer.from('secret.txt'), 'utf8'),
  'a read stream': () => text(fs.createReadStream('secret.txt')),
  'a class of streams': () => text(new fs.ReadStream('secret.txt')),
  'the class of a stream': () => {
    const stream = fs.createReadStream('data/a.txt');
    return text(new stream.constructor('secret.txt'));
  },
  'what a stream leads to': async () => {
    const stream = fs.createReadStream('data/a.txt');
    for (const open of leads(stream).filter(
      (one) => typeof one === 'function' && /^open/.test(one.name),
    )) {
      const found = await new Promise((resolve) => {
        try {
          open('secret.txt', 'r', 0o666, (error, fd) => resolve(error ? undefined : fd));
          setTimeout(resolve, 200);
        } catch {
          resolve();
        }
      });
      if (found !== undefined) return 'opened';
    }
    for (const Class of leads(stream).filter((one) => typeof one === 'function' && one.prototype)) {
      try {
        const made = text(new Class(path.resolve('secret.txt')));
        const all = await Promise.race([made, new Promise((done) => setTimeout(done, 50))]);
        if (all === 'secret') return 'read';
      } catch {}
    }
    return fs.readFileSync('secret.txt', 'utf8');
  },
  openSync: () => descriptor('secret.txt', (fd) => fs.readFileSync(fd, 'utf8')),
  'a handle': async () => (await fsp.open('secret.txt')).readFile('utf8'),
  readdirSync: () => fs.readdirSync('.').join(),
  'a recursive list': () => fs.readdirSync('data/deep', { recursive: true }).join(),
  opendir: () => fs.opendirSync('.').readSync().name,
  statSync: () => fs.statSync('secret.txt').size,
  existsSync: () => {
    if (!fs.existsSync('secret.txt')) throw new Error('hidden');
    return 'there';
  },
  exists: async () => {
    if (!(await util.promisify(fs.exists)('secret.txt'))) throw new Error('hidden');
    return 'there';
  },
  access: () => fs.accessSync('secret.txt'),
  realpath: () => fs.realpathSync('data/up'),
  'realpath.native': () => fs.realpathSync.native('secret.txt'),
  readlink: () => fs.readlinkSync('data/up'),
  'writing what is only read': () => fs.writeFileSync('data/a.txt', 'data'),
  'opening to write': () => fs.closeSync(fs.openSync('data/a.txt', 'r+')),
  appending: () => fs.appendFileSync('secret.txt', ''),
  'writing through a link': () => fs.writeFileSync('data/gone', 'made'),
  'making a file through a link': () => fs.writeFileSync('out/gone', 'made'),
  'a hard link': () => fs.linkSync('secret.txt', 'out/hard'),
  'a symbolic link': () => fs.symlinkSync('../secret.txt', 'out/symbolic'),
  'a copy': () => fs.copyFileSync('secret.txt', 'out/copied'),
  cp: () => fs.cpSync('secret.txt', 'out/copied too'),
  'a folder elsewhere': () => fs.mkdirSync('elsewhere/x', { recursive: true }),
  removing: () => fs.rmSync('elsewhere', { recursive: true }),
  'moving away': () => {
    fs.writeFileSync('out/away', '');
    fs.renameSync('out/away', 'away');
    return 'moved';
  },
  'a temporary folder elsewhere': () => fs.mkdtempSync('other-'),
  truncate: () => fs.truncateSync('secret.txt', 6),
  utimes: () => fs.utimesSync('secret.txt', 1, 1),
  watch: () => fs.watch('secret.txt').close(),
  glob: () => fs.globSync('*').join(),
  openAsBlob: async () => (await fs.openAsBlob('secret.txt')).text(),
  'a read stream with an fs that is 0': () => text(fs.createReadStream('secret.txt', { fs: 0 })),
  'a write stream with an fs that is 0': async () => {
    const stream = fs.createWriteStream('secret.txt', { fs: 0, flags: 'a' });
    stream.end();
    await once(stream, 'close');
  },
  'a temporary folder after a Buffer': () => fs.mkdtempSync(Buffer.from('out')),
  'a temporary folder after a URL': () => fs.mkdtempSync(new URL(`file://${path.resolve('out')}`)),
  'removing a folder with options that change': () => fs.rmdirSync('one/a', flipping()),
  'a folder with options of a function': () => fs.mkdirSync('far/away', hasRecursive()),
  'removing a link outside': () => fs.unlinkSync('links/removed'),
  'replacing a link outside': () => {
    fs.writeFileSync('out/replacing', '');
    fs.renameSync('out/replacing', 'links/replaced');
  },
  'moving a link outside': () => fs.renameSync('links/moved', 'out/moved-link'),
  'stat of a link outside': () => fs.lstatSync('links/kept').size,
  'reading by another name': () => {
    fs.renameSync('written/a', 'out/a');
    return fs.readFileSync('out/a', 'utf8');
  },
  'reading by a second name': () => {
    fs.linkSync('written/b', 'out/b');
    return fs.readFileSync('out/b', 'utf8');
  },
  'reading in another folder': () => {
    fs.renameSync('written/c', 'out/c');
    return fs.readFileSync('out/c/d', 'utf8');
  },
  'a copy in a race': async () => {
    await raced(() => fsp.copyFile('out/use/f', 'out/raced'));
    return isFrom('outside', fs.readFileSync('out/raced', 'utf8'));
  },
  'a copy with a callback in a race': async () => {
    await raced(() => util.promisify(fs.copyFile)('out/use/f', 'out/raced'));
    return isFrom('outside', fs.readFileSync('out/raced', 'utf8'));
  },
  'stat in a race': async () => isFrom(7, (await raced(() => fsp.stat('out/use/f'))).size),
  'truncating in a race': async () => {
    await raced(() => fsp.truncate('out/use/g', 1));
    return isFrom('o', fs.readFileSync('outside/g', 'utf8'));
  },
  'emptying in a race': async () => {
    await raced(async () => (await fsp.open('out/use/h', 'w')).close()).catch(() => undefined);
    return isFrom('', fs.readFileSync('outside/h', 'utf8'));
  },
  'emptying with a callback in a race': async () => {
    await raced(() => util.promisify(fs.writeFile)('out/use/i', '')).catch(() => undefined);
    return isFrom('', fs.readFileSync('outside/i', 'utf8'));
  },
  'a getter that moves folders': () =>
    isFrom(7, withGetter('bigint', (options) => fs.statSync('out/use/f', options)).size),
  'a getter that moves folders of temporary ones': () => {
    const made = withGetter('encoding', (options) => fs.mkdtempSync('out/use/d/x', options));
    return isFrom(
      1,
      fs.readdirSync('outside').filter((name) => path.basename(made) === name).length,
    );
  },
  'changing a file': () => fs.writeFileSync('secret.txt', 'changed'),
  'another program': () => processes.execFileSync('sh', ['-c', 'echo x'], { encoding: 'utf8' }),
  'a program on a relative PATH': () =>
    processes.execFileSync('elsewhere', { cwd: 'out', encoding: 'utf8' }),
  'the same program elsewhere': () =>
    processes.execFileSync('/usr/bin/../bin/printf', ['one'], { encoding: 'utf8' }),
  'other arguments': () => processes.spawnSync('printf', ['-v', 'x']).status,
  'a shell': () => processes.execFileSync('printf', ['one'], { shell: true, encoding: 'utf8' }),
  exec: () => processes.execSync('printf one', { encoding: 'utf8' }),
  fork: () => processes.fork(__filename, { execArgv: ['--version'], silent: true }).kill(),
  argv0: () => processes.spawnSync('cat', { argv0: 'other', input: '' }).status,
  'a descriptor for a program': () => processes.spawnSync('cat', { stdio: [0, 1, 2, 9] }).pid,
  'arguments that change': () => {
    let reads = 0;
    const args = new Proxy(['one'], {
      get: (target, key) => (key === '0' && reads++ > 0 ? '-v' : target[key]),
    });
    const { stderr, stdout } = processes.spawnSync('printf', args);
    if (`${stdout}` === 'one') throw new Error('read once');
    return `${stderr}`;
  },
  'arguments with a map of their own': () => {
    let reads = 0;
    const found = new Proxy([], {
      has: () => true,
      get(target, key) {
        if (key === '0') return reads++ < 2 ? 'one' : 'other';
        if (key === 'length') return 1;
        return key === 'slice' ? () => [] : target[key];
      },
    });
    const args = Object.assign(['one'], { map: () => found });
    return isFrom('other', `${processes.spawnSync('printf', args).stdout}`);
  },
  'spawn of a child': () => {
    const child = processes.spawn('printf', ['one']);
    const spawn = leads(child).find((one) => typeof one === 'function' && one.name === 'spawn');
    if (spawn === undefined) throw new Error('none');
    return 'found';
  },
};

const names = (output) =>
  `${output}`
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('=')[0])
    .sort();
const programs = {
  'its own': () =>
    names(processes.execFileSync('env', { env: { GIVEN: '1', LD_PRELOAD: 'x', PATH: '/none' } })),
  'those of the process': () => names(processes.execFileSync('env')),
  variables: () =>
    Object.keys({ ...process.env })
      .filter((name) => process.env[name] !== undefined)
      .sort(),
};

module.exports = async () => {
  const found = {};
  for (const [kind, probes] of Object.entries({ allowed, denied, programs })) {
    found[kind] = {};
    for (const [name, probe] of Object.entries(probes)) {
      try {
        const value = await probe();
        found[kind][name] = { value: value === undefined ? null : value };
      } catch (error) {
        found[kind][name] = { code: `${error?.code}`, message: `${error?.message}` };
      }
    }
  }
  console.log(JSON.stringify(found));
};
