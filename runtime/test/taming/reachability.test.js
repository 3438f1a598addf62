// What a package can reach is what was reviewed: tests/reachable has the list of each version of Node. When this test says
// that something is new, read what it is, and run `node audit/audit.mjs --update`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit, auditAll, committed, foldedLines } from '../../audit/audit.mjs';

const sections = auditAll();

test('all that two packages reach together is frozen and has no state', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, loose: found.loose }, { title, loose: [] });
});

test('so it is where nothing else was asked for, which would have hardened what it leads to', () => {
  const asked = {
    builtins: ['fs/promises', 'path/posix', 'perf_hooks', 'stream', 'util', 'zlib'],
    globals: ['AbortSignal', 'EventTarget', 'MessageChannel', 'TransformStream', 'performance'],
  };
  for (const part of /** @type {const} */ (['builtins', 'globals']))
    for (const name of asked[part]) {
      const { loose } = audit({ [part]: [name], alone: true });
      assert.deepEqual({ name, loose }, { name, loose: [] });
    }
});

test('nothing that a package reaches leads to the timers or stores of all', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, foreign: found.foreign }, { title, foreign: [] });
});

test('every builtin that is granted can be required', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, failed: found.failed }, { title, failed: [] });
});

test('native handles are those of a package alone', () => {
  const { found } = /** @type {import('../../audit/audit.mjs').Section} */ (sections[0]);
  const shared = new Set(found.lines.flatMap(([way, , isShared]) => (isShared ? [way] : [])));
  assert.deepEqual(
    found.handles.filter((way) => shared.has(way)),
    [],
  );
});

test('what can be reached is what was reviewed', () => {
  const known = committed();
  const news = sections.flatMap((section) => {
    const lines = new Set(known.get(section.title));
    return foldedLines(section)
      .filter((line) => !lines.has(line))
      .map((line) => `${section.title}: ${line}`);
  });
  assert.deepEqual(news, []);
});

test('the audit finds what is open: with every host object as it is, there is much', () => {
  const { loose } = audit({ hardens: false, deep: 0 });
  assert.ok(loose.length > 500, `${loose.length} found`);
});
