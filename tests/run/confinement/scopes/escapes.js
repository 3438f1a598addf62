// Each probe tries to reach a port of its own, which the grants leave out.
const http = require('http');
const https = require('https');
const http2 = require('http2');
const net = require('net');
const tls = require('tls');
const dgram = require('dgram');
const leads = require('./leads');

const [good, ...ports] = process.env.PORTS.split(',').map(Number);

const quiet = (emitter) => emitter.on('error', () => undefined);
// A handle to which Node passes the socket that it belongs to.
const leaking = (found) =>
  new Proxy(() => undefined, {
    set(target, key, value) {
      if (typeof value?.connect === 'function') found(value);
      target[key] = value;
      return true;
    },
    get: (target, key) => (key in target ? target[key] : () => 0),
  });
module.exports.probes = {
  'a socket that is 0': (port) => quiet(tls.connect({ socket: 0, host: '127.0.0.1', port })),
  'a socket that is an empty string': (port) =>
    quiet(tls.connect({ socket: '', host: '127.0.0.1', port })),
  'a socket that is 0, of an agent': (port) =>
    quiet(new https.Agent().createConnection({ socket: 0, host: '127.0.0.1', port })),
  'a session whose createConnection is no function': (port) =>
    quiet(
      http2.connect(`http://localhost:${good}`, { createConnection: 0, host: '127.0.0.1', port }),
    ),
  'the receiver of a listener of bind': (port) =>
    quiet(dgram.createSocket('udp4')).bind(0, '127.0.0.1', function () {
      this.send('x', port, '127.0.0.1');
    }),
  'the receiver of a listener of connect': (port) =>
    quiet(dgram.createSocket('udp4')).connect(good, 'localhost', function () {
      this.disconnect();
      this.send('x', port, '127.0.0.1');
    }),
  'a handle of the package': (port) => {
    const handle = leaking((socket) => {
      setTimeout(() => {
        socket._handle = null;
        quiet(socket).connect(port, '127.0.0.1');
      }, 50);
    });
    quiet(new http.Agent().createConnection({ handle, host: 'localhost', port: good }));
  },
};

// What a WebSocket of Node 22 leads to.
const socketOf = (port, options) =>
  new Promise((resolve) => {
    const client = new WebSocket(`ws://localhost:${good}/`, options);
    client.onerror = resolve;
    client.onopen = () => {
      const sockets = leads(client).filter((one) => {
        try {
          return typeof one === 'object' && typeof one.connect === 'function' && one._events;
        } catch {
          return false;
        }
      });
      for (const socket of sockets) {
        socket.on('close', () => quiet(socket.connect(port, '127.0.0.1')));
        socket.destroy();
      }
      setTimeout(resolve, 300);
    };
  });

module.exports.socketsOf = async ([port, other]) => {
  await socketOf(port);
  await socketOf(other, { *[Symbol.iterator]() {} }); // a list, not options
};

// The parser of a request is used again for those of other packages.
const parsers = new Set();
module.exports.keepParser = () =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: 'localhost', port: good, agent: false }, (response) => {
      parsers.add(request.parser).add(response.socket.parser);
      response.resume().on('close', () => setTimeout(resolve, 100));
    });
    request.on('error', reject);
  });
module.exports.ofOthers = () =>
  [...parsers].filter(Boolean).map(({ outgoing }) => outgoing?.getHeader('authorization'));

module.exports.run = async () => {
  for (const [at, probe] of Object.values(module.exports.probes).entries()) {
    try {
      probe(ports[at]);
    } catch (error) {
      if (error.code !== 'ERR_ACCESS_DENIED') throw error;
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
};
