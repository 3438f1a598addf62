// Streams of a package over those of the host, which lead to sockets or ports.
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {AnyObject | null | undefined} from
 * @param {AnyObject} stream the builtin
 * @returns {AnyObject | null}
 */
export const readableView = (from, { Readable }) => {
  if (from === null || from === undefined) return null;
  const own = new Readable({
    read: () => from['resume'](),
    destroy: (/** @type {any} */ e, /** @type {any} */ done) => (from['destroy'](), done(e)),
  });
  from['on']('data', (/** @type {unknown} */ chunk) => void (own.push(chunk) || from['pause']()));
  from['on']('end', () => own.push(null));
  from['on']('close', () => own.readableEnded || own.push(null));
  from['on']('error', (/** @type {unknown} */ error) => own.destroy(error));
  return own;
};

/**
 * @param {AnyObject | null | undefined} to
 * @param {AnyObject} stream the builtin
 * @returns {AnyObject | null}
 */
export const writableView = (to, { Writable }) => {
  if (to === null || to === undefined) return null;
  const own = new Writable({
    write: (
      /** @type {unknown} */ chunk,
      /** @type {unknown} */ encoding,
      /** @type {unknown} */ done,
    ) => to['write'](chunk, encoding, done),
    final: (/** @type {() => void} */ done) => to['end'](() => done()),
    destroy: (/** @type {any} */ error, /** @type {any} */ done) => (to['destroy'](), done(error)),
  });
  to['on']('error', (/** @type {unknown} */ error) => own.destroy(error));
  return own;
};
