const { join } = require('path');
const pino = require('pino');

const target = join(__dirname, 'transport.mjs');
const transport = pino.transport({ target, options: { tag: 'own' } });
const logger = pino({ base: null, timestamp: false }, transport);
logger.info({ a: 1 }, 'hello');
logger.warn('world');
setTimeout(() => undefined, 1000); // lines of a thread are printed by the main thread
