const pino = require('pino');

const transport = pino.transport({ target: 'pino-pretty', options: { colorize: false } });
pino({ base: null, timestamp: false }, transport).info('pretty');
