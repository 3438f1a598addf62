// The application of an audit: objects that two packages both reach must be frozen, stateless and reviewed.
'use strict';

const { ownKeys, getOwnPropertyDescriptor } = Reflect;

const hasState = (object) =>
  ['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'ArrayBuffer', 'SharedArrayBuffer']
    .flatMap((name) => globalThis[name] ?? []) // a page may have no shared memory
    .some(
      (Kind) =>
        object instanceof Kind &&
        object !== Kind.prototype &&
        Object.prototype.toString.call(object) !== '[object Object]',
    ) || ArrayBuffer.isView(object);

const looseIn = (object) => {
  if (hasState(object)) return 'has state';
  if (Object.isExtensible(object)) return 'extensible';
  const open = ownKeys(object).filter((key) => {
    const { configurable, writable } = getOwnPropertyDescriptor(object, key);
    return configurable || writable;
  });
  return open.length === 0 ? '' : `can be changed: ${open.map(String).join(', ')}`;
};

// Node's names of native handles.
const HANDLES = /^(?:_handle|handle|kHandle|Symbol\((?:kHandle|handle)\))$/;

// Properties that expose the lists of all timers, and the AsyncLocalStorage stores of all packages.
const OF_OTHERS = /^(?:_idlePrev|_idleNext|\[(?:context_frame|kAsyncContextFrame)\])$/;

module.exports = async (one, two, report) => {
  const first = await one();
  const second = await two();
  const lines = [];
  const loose = [];
  for (const [object, way] of first) {
    const isFunction = typeof object === 'function';
    const shared = second.has(object);
    const why = shared ? looseIn(object) : '';
    if (why !== '') loose.push(`${way}: ${why}`);
    const isHost =
      isFunction && /\[native code\]\s*\}$/.test(Function.prototype.toString.call(object));
    lines.push([way, isFunction ? 'function' : 'object', shared, isHost]);
  }
  const handles = [...first.values()].filter((way) =>
    HANDLES.test(way.slice(way.lastIndexOf('.') + 1)),
  );
  const foreign = [...first.values()].filter((way) =>
    OF_OTHERS.test(way.slice(way.lastIndexOf('.') + 1)),
  );
  report({ failed: one.failed, foreign, lines, loose, handles, reached: first.size });
};
