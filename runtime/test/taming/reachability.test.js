// Compares the objects that a package can reach with the reviewed list of each version of Node in tests/reachable. If
// this test reports new objects, review them and run `node audit/audit.mjs --update`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit, auditAll, committed, foldedLines } from '../../audit/audit.mjs';

const sections = auditAll();

test('all objects that two packages share are frozen and stateless', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, loose: found.loose }, { title, loose: [] });
});

test('the same holds for each grant alone, without others that harden more objects', () => {
  const requested = {
    builtins: ['fs/promises', 'path/posix', 'perf_hooks', 'stream', 'util', 'zlib'],
    globals: ['AbortSignal', 'EventTarget', 'MessageChannel', 'TransformStream', 'performance'],
  };
  for (const part of /** @type {const} */ (['builtins', 'globals']))
    for (const name of requested[part]) {
      const { loose } = audit({ [part]: [name], alone: true });
      assert.deepEqual({ name, loose }, { name, loose: [] });
    }
});

test('the same holds for messages in a thread', () => {
  const { loose, foreign } = audit({ builtins: ['worker_threads'], thread: true });
  assert.deepEqual({ loose, foreign }, { loose: [], foreign: [] });
});

test('no reachable object leads to the timers or stores of all packages', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, foreign: found.foreign }, { title, foreign: [] });
});

test('every granted builtin can be required', () => {
  for (const { title, found } of sections)
    assert.deepEqual({ title, failed: found.failed }, { title, failed: [] });
});

test('packages do not share native handles', () => {
  const { found } = /** @type {import('../../audit/audit.mjs').Section} */ (sections[0]);
  const shared = new Set(found.lines.flatMap(([way, , isShared]) => (isShared ? [way] : [])));
  assert.deepEqual(
    found.handles.filter((way) => shared.has(way)),
    [],
  );
});

test('all reachable objects were reviewed', () => {
  const known = committed();
  const news = sections.flatMap((section) => {
    const lines = new Set(known.get(section.title));
    return foldedLines(section)
      .filter((line) => !lines.has(line))
      .map((line) => `${section.title}: ${line}`);
  });
  assert.deepEqual(news, []);
});

test('the audit finds mutable objects if the host is not hardened', () => {
  const { loose } = audit({ hardens: false, deep: 0 });
  assert.ok(loose.length > 500, `${loose.length} found`);
});
