// Paths that a package's `fs` can access, with links on a real or a fake file system.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import * as url from 'node:url';
import { makePlaces } from '../../src/taming/fs-places.js';

const linux = { skip: process.platform !== 'linux' };

const folder = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'fs-places-')));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const places = makePlaces(fs, path, url);

/** @param {() => void} attempt */
const isRefused = (attempt) => {
  try {
    attempt();
    return false;
  } catch (error) {
    assert.equal(/** @type {any} */ (error).code, 'ERR_ACCESS_DENIED', String(error));
    return true;
  }
};

/** @param {unknown} value */
const refusals = (value) =>
  /** @type {const} */ (['read', 'write'])
    .filter((access) => isRefused(() => places.check(value, access)))
    .join(' ');

const BOTH = 'read write';

/** @type {Array<[string, string]>} paths, and for what they are refused */
const PLACES = [
  [folder, ''],
  [path.join(folder, 'new.txt'), ''],
  ['relative.txt', ''],
  ['/', ''],
  ['/procession/1/environ', ''],
  ['/device/mem', ''],
  ['/tmp/proc/self/environ', ''],
  ['/sys/class/net', 'write'],
  ['/proc', 'write'],
  ['/proc/cpuinfo', 'write'],
  ['/proc/meminfo', 'write'],
  ['/proc/kcore', BOTH],
  ['/proc/self', 'write'],
  ['/proc/self/cgroup', 'write'],
  ['/proc/self/mountinfo', 'write'],
  ['/proc/self/mounts', 'write'],
  ['/proc/thread-self/sched', BOTH],
  ['/proc/self/environ', BOTH],
  ['/proc/self/mem', BOTH],
  ['/proc/self/fd/0', BOTH],
  ['/proc/self/cgroup/x', BOTH],
  ['/proc/thread-self/environ', BOTH],
  ['/proc/1/environ', BOTH],
  ['/proc/1/cgroup', 'write'],
  ['/proc/1', 'write'],
  [`/proc/${process.pid}/maps`, BOTH],
  ['/proc/1a/environ', 'write'],
  ['/proc/a1/environ', 'write'],
  ['/proc/./self//environ', BOTH],
  ['/proc/x/../self/environ', BOTH],
  ['/tmp/../proc/self/environ', BOTH],
  ['//proc/self/environ', BOTH],
  ['/dev', ''],
  ['/dev/null', 'read'],
  ['/dev/zero', BOTH],
  ['/dev/random', 'write'],
  ['/dev/urandom', 'write'],
  ['/dev/mem', BOTH],
  ['/dev/stdin', 'write'],
  ['/dev/stdout', 'read'],
  ['/dev/stderr', 'read'],
  ['/dev/fd/3', BOTH],
  ['/dev/pts/0', BOTH],
  ['/dev/shm/x', ''],
  ['/dev/mqueue/x', ''],
  ['/dev/random/x', BOTH],
  ['/dev/shm', BOTH],
  ['/dev/shmem/x', BOTH],
  ['/dev/x/dev/shm/y', BOTH],
];
for (const [place, refused] of PLACES)
  test(
    `${place === folder ? 'a folder' : place} is denied for: ${refused || 'nothing'}`,
    linux,
    () => {
      assert.equal(refusals(place), refused);
      assert.equal(refusals(Buffer.from(place)), refused);
      if (place.startsWith('/') && !place.startsWith('//'))
        assert.equal(refusals(url.pathToFileURL(place)), refused);
    },
  );

test('arguments that are no path are left to Node', () => {
  for (const value of [undefined, null, 3, {}, [], Symbol('x'), 'a\0/../proc/self/environ'])
    assert.equal(refusals(value), '', String(value));
  assert.equal(refusals(new URL('https://example.org/proc/self/environ')), '');
});

test('other errors during the conversion of a path are thrown', () => {
  const fileURLToPath = () => {
    throw new RangeError('no room');
  };
  const full = { ...url, fileURLToPath };
  const { check } = makePlaces(fs, path, full);
  assert.throws(() => check({}, 'read'), /no room/);
});

test('the bytes of a view are read at its offset', linux, () => {
  const all = Buffer.from('xx/proc/self/environ/x');
  assert.equal(refusals(all.subarray(2, -2)), BOTH);
  assert.equal(refusals(new DataView(all.buffer, all.byteOffset + 2, 18)), BOTH);
});

test('a denial has the requested path', linux, () => {
  assert.throws(() => places.check('/proc/self/../self/environ', 'read'), {
    code: 'ERR_ACCESS_DENIED',
    message:
      /'\/proc\/self\/environ' is the process itself or a device: no grant of 'fs' allows read access/,
  });
  assert.throws(() => places.check('/dev/ä', 'write'), /'\/dev\/ä' .* allows write access/);
});

/**
 * @param {string} name
 * @param {string} target
 * @returns {string}
 */
const linked = (name, target) => {
  const place = path.join(folder, name);
  fs.symlinkSync(target, place);
  return place;
};

test('links are followed', linux, () => {
  assert.equal(refusals(linked('to-a-file', '/proc/self/environ')), BOTH);
  assert.equal(refusals(linked('to-a-folder', '/proc/self') + '/environ'), BOTH);
  assert.equal(refusals(linked('to-a-link', 'to-a-folder') + '/environ'), BOTH);
  assert.equal(refusals(linked('to-a-cpu', '/proc/cpuinfo')), 'write');
  fs.mkdirSync(path.join(folder, 'deep/er'), { recursive: true });
  assert.equal(refusals(linked('up', 'deep/er') + '/../../../../../proc/self/environ'), BOTH);
  assert.equal(refusals(linked('to-nothing', 'none/yet')), '');
  assert.equal(refusals(linked('to-no-device', '/dev/none')), BOTH);
  assert.equal(refusals(linked('to-no-file-of-it', '/proc/self/none')), BOTH);
  assert.equal(refusals(linked('round', 'round')), '');
});

test('a standard stream is matched by its whole path', linux, () => {
  fs.mkdirSync(path.join(folder, 'dev'));
  assert.equal(refusals(linked('dev/stdin', '/proc/self/environ')), BOTH);
  const away = linked('away', '/proc/self/environ');
  assert.equal(refusals(`/dev/stdin/../..${away}`), BOTH);
});

test('links with non-ASCII names are followed', linux, () => {
  fs.mkdirSync(path.join(folder, 'dir-ä'));
  linked('dir-ä/none', '/proc/self/none');
  assert.equal(refusals(linked('to-ä', 'dir-ä') + '/none'), BOTH);
});

test('relative paths are resolved from the working directory', linux, () => {
  const before = process.cwd();
  linked('relative', '/proc/self/none');
  linked('relative-to-a-file', '/proc/self/environ');
  fs.mkdirSync(path.join(folder, 'proc/self'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'proc/self/environ'), '');
  process.chdir(folder);
  try {
    assert.equal(refusals('relative'), BOTH);
    assert.equal(refusals('relative-to-a-file'), BOTH);
    assert.equal(refusals('proc/self/environ'), '');
    // A link is resolved from its location.
    assert.equal(
      isRefused(() => places.checkLink('proc/self/environ', '/link')),
      true,
    );
  } finally {
    process.chdir(before);
  }
});

test('links before `..` are followed first, as in the kernel', linux, () => {
  const inner = path.join(folder, 'inner');
  fs.mkdirSync(inner);
  fs.symlinkSync('/proc/self/task', path.join(inner, 'away'));
  // As a string this is a file of the folder; the kernel resolves it to /proc/self.
  assert.equal(refusals(`${inner}/away/../environ`), BOTH);
});

/**
 * @param {Record<string, string | Error>} links targets by path, or the error of reading the link
 * @param {string} [code] of the error of `realpath`
 */
const fakePlaces = (links, code = 'ENOENT') => {
  const failing = () => {
    throw Object.assign(new Error(code), { code });
  };
  const host = {
    readlinkSync: (/** @type {Buffer} */ requested) => {
      const target = links[requested.toString()];
      if (target instanceof Error) throw target;
      if (target === undefined) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      return Buffer.from(target);
    },
    realpathSync: { native: failing },
  };
  return makePlaces(host, path, url);
};

/** @type {Array<[string, Record<string, string>, string, boolean]>} */
const RESOLVED = [
  ['an absolute link', { '/a/l': '/proc/self' }, '/a/l/environ', true],
  ['a relative link', { '/proc/l': 'self' }, '/proc/l/environ', true],
  ['a link with ..', { '/a/b/l': '../../proc/self' }, '/a/b/l/environ', true],
  ['two links in sequence', { '/a': '/b', '/b': '/proc' }, '/a/self/environ', true],
  ['a link to a link', { '/a': '/b/c', '/b/c/d': '/proc/self/fd' }, '/a/d/3', true],
  ['.. after a link', { '/a': '/proc/self/fd' }, '/a/../environ', true],
  ['.. back to a link', { '/a': '/proc/self/fd' }, '/a/../../../tmp/x', false],
  ['.. at the root', {}, '/../../tmp/x', false],
  ['empty names', { '/a': '//proc//self/.' }, '/a//./environ', true],
  ['. in a link', { '/a': '/proc/.' }, '/a/self/environ', true],
  ['to a file', { '/a': 'b' }, '/a', false],
];
for (const [what, links, requested, refused] of RESOLVED)
  test(`resolved step by step: ${what}`, () => {
    const { check } = fakePlaces(links);
    assert.equal(
      isRefused(() => check(requested, 'read')),
      refused,
    );
  });

test('forty links are followed, as in Linux', () => {
  const chain = (/** @type {number} */ length) =>
    Object.fromEntries(
      Array.from({ length }, (_, at) => [
        `/l${at}`,
        at + 1 < length ? `/l${at + 1}` : '/proc/self/environ',
      ]),
    );
  assert.equal(
    isRefused(() => fakePlaces(chain(40)).check('/l0', 'read')),
    true,
  );
  // The kernel opens no path with more links.
  assert.equal(
    isRefused(() => fakePlaces(chain(41)).check('/l0', 'read')),
    false,
  );
});

test('unexpected errors of reading a link are thrown', () => {
  const ended = fakePlaces({ '/a': Object.assign(new Error('full'), { code: 'EMFILE' }) });
  assert.throws(() => ended.check('/a/x', 'read'), /full/);
  for (const code of ['EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES'])
    fakePlaces({ '/a': Object.assign(new Error(code), { code }) }).check('/a/x', 'read');
});

test('under the permission model, the requested path is checked', () => {
  const walled = fakePlaces({ '/a': '/proc/self' }, 'ERR_ACCESS_DENIED');
  walled.check('/a/environ', 'read'); // what is opened is looked at
  walled.check('/proc/thread-self/sched', 'read');
  for (const requested of ['/proc/self/environ', '/proc/thread-self/environ', '/proc/0/environ'])
    assert.equal(
      isRefused(() => walled.check(requested, 'read')),
      true,
      requested,
    );
});

test('the target of a new link must be writable, resolved from its location', linux, () => {
  const made = (/** @type {unknown} */ target, /** @type {unknown} */ place) =>
    isRefused(() => places.checkLink(target, place));
  const at = path.join(folder, 'made');
  const up = path.relative(path.dirname(at), '/');
  assert.equal(made('x', at), false);
  assert.equal(made('/proc/self/environ', at), true);
  assert.equal(made('/proc/cpuinfo', at), true);
  assert.equal(made(`${up}/proc/self/environ`, at), true);
  assert.equal(made(`${up}/tmp/x`, at), false);
  assert.equal(made('environ', '/proc/self/x'), true);
  assert.equal(made('x', '/dev/x'), true);
  assert.equal(made('/tmp/x', '/proc/x'), true);
  assert.equal(made(Buffer.from('/proc/self'), at), true);
  assert.equal(made(url.pathToFileURL('/proc/self'), at), true);
  for (const none of [undefined, 3, {}]) {
    assert.equal(made(none, '/dev/x'), false, 'Node will say so');
    assert.equal(made('/proc/self', none), false);
  }
});

test('the opened file is checked', linux, () => {
  const opened = (
    /** @type {string} */ file,
    /** @type {unknown} */ requested,
    access = 'read',
  ) => {
    const descriptor = fs.openSync(file, 'r');
    try {
      const { checkOpened } = places;
      return isRefused(() => checkOpened(descriptor, requested, /** @type {any} */ (access)));
    } finally {
      fs.closeSync(descriptor);
    }
  };
  const file = path.join(folder, 'plain');
  fs.writeFileSync(file, '');
  assert.equal(opened(file, file), false);
  assert.equal(opened('/proc/self/environ', file), true);
  assert.equal(opened('/dev/zero', file), true);
  assert.equal(opened('/proc/cpuinfo', file), false);
  assert.equal(opened('/proc/cpuinfo', file, 'write'), true);
  assert.equal(opened('/dev/null', '/dev/stdin'), false, 'standard streams are accepted');
  assert.equal(opened('/proc/self/environ', undefined), false, 'Node rejects it');
  const [pipe] = fs.readdirSync('/proc/self/fd').filter((name) => {
    try {
      return /^(?:pipe|socket|anon_inode):/.test(fs.readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      return false;
    }
  });
  assert.notEqual(pipe, undefined);
  assert.equal(
    isRefused(() => places.checkOpened(Number(pipe), file, 'read')),
    true,
  );
});

test('the opened file is not checked without /proc', () => {
  fakePlaces({}).checkOpened(0, '/x', 'read');
});
