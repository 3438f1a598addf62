const { get } = require('http');
exports.ask = (port) => get({ port, host: '127.0.0.1', agent: false }, (answer) => answer.resume());
