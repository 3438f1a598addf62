// Messages to a child or a parent process. Node handles those whose `cmd` begins with `NODE_` itself: they open sockets
// and files for a cluster, and take handles.
import { codedError } from '../base/errors.js';
import { isObject } from '../base/objects.js';

/** @param {object} message */
const asJson = (message) => {
  const text = JSON.stringify(message);
  return text === undefined ? undefined : JSON.parse(text);
};

/**
 * @param {unknown} message
 * @param {(message: object) => unknown} [copyOf] copies as the channel does: as JSON, unless another serialization was
 *   chosen
 * @returns {unknown} a copy of what is sent, so that it can't change after the check
 * @throws {Error} for a message to Node itself
 */
export const sentMessage = (message, copyOf = asJson) => {
  if (!isObject(message)) return message;
  if (typeof message === 'function') return () => undefined; // Node refuses it, by its name
  const copy = copyOf(message);
  if (isObject(copy) && typeof copy['cmd'] === 'string' && copy['cmd'].startsWith('NODE_'))
    throw codedError(
      'ERR_ACCESS_DENIED',
      `a message with the command '${copy['cmd']}' is one to Node itself`,
    );
  return copy;
};

const FORBIDDEN = ['SIGUSR1', 10, 30];

/**
 * @param {unknown} signal
 * @returns {string | number | undefined}
 * @throws {Error} for the signal that opens Node's inspector, which runs any code
 */
export const sentSignal = (signal) => {
  if (signal === undefined || signal === null) return undefined;
  const plain = typeof signal === 'number' ? signal : `${signal}`;
  if (FORBIDDEN.includes(plain))
    throw codedError('ERR_ACCESS_DENIED', 'SIGUSR1 opens the inspector of the process');
  return plain;
};
