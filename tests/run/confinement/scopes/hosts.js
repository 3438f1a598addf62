// Each probe tries to reach the port that the grants leave out; `allowed` ones use the other port.
const http = require('http');
const https = require('https');
const http2 = require('http2');
const net = require('net');
const tls = require('tls');
const dns = require('dns');
const dgram = require('dgram');
const leads = require('./leads');

const [good, bad] = process.env.PORTS.split(',').map(Number);
const local = `localhost:${good}`;
const evil = `localhost:${bad}`;

const text = (stream) =>
  new Promise((resolve, reject) => {
    let all = '';
    stream
      .on('data', (chunk) => (all += chunk))
      .on('end', () => resolve(all))
      .on('error', reject);
  });
const get = (...args) =>
  new Promise((resolve, reject) => {
    http.get(...args, (response) => text(response).then(resolve, reject)).on('error', reject);
  });
const spoken = (socket) => {
  socket.on('connect', () => socket.write('GET /raw HTTP/1.0\r\nHost: x\r\n\r\n'));
  return text(socket);
};
// Two reads of a property that differ.
const flipping = (name, first, then, rest) => {
  let reads = 0;
  return Object.defineProperty({ ...rest }, name, {
    get: () => (reads++ === 0 ? first : then),
    enumerable: true,
  });
};
const request = (options) => get({ hostname: 'localhost', port: good, path: '/', ...options });
const fake = (prototype) => Object.create(prototype);
const above = (object) => {
  const found = [];
  for (let at = object; at; at = Object.getPrototypeOf(at)) found.push(at);
  return found;
};
// Calls every function called `connect` that an object leads to, on everything that may have a connection.
const connectAll = (root) => {
  const all = leads(root);
  const connects = all.filter(
    (one) => typeof one === 'function' && /connect|createConnection/i.test(one.name),
  );
  for (const connect of new Set(connects)) {
    for (const receiver of [
      undefined,
      root,
      fake(Object.getPrototypeOf(root)),
      ...above(root).map(fake),
    ]) {
      for (const args of [
        [{ host: 'localhost', port: bad }],
        [bad, 'localhost'],
        [`http://${evil}`],
      ]) {
        try {
          Reflect.apply(connect, receiver, args)?.on?.('error', () => undefined);
        } catch {}
        try {
          Reflect.construct(connect, args)?.on?.('error', () => undefined);
        } catch {}
      }
    }
  }
  return connects.length;
};
const classesOf = (root) => {
  const all = leads(root).filter((one) => typeof one === 'function' && one.prototype);
  for (const Class of all)
    for (const args of [
      [{ host: 'localhost', port: bad, path: '/' }],
      [`http://${evil}`],
      [`ws://${evil}`],
    ]) {
      try {
        const made = Reflect.construct(Class, args);
        made?.on?.('error', () => undefined);
        made?.connect?.(bad, 'localhost');
        made?.createConnection?.({ host: 'localhost', port: bad })?.on?.('error', () => undefined);
        made?.dispatch?.({ origin: `http://${evil}`, path: '/', method: 'GET' }, {});
        made?.end?.();
      } catch {}
    }
  return 'tried';
};

const allowed = {
  fetch: async () => (await fetch(`http://${local}/a`)).text(),
  'fetch of a Request': async () =>
    (await fetch(new Request(`http://${local}/a`, { method: 'POST', body: 'x' }))).text(),
  'fetch with options': async () =>
    (await fetch(`http://${local}/a`, { method: 'POST', body: 'y', headers: { a: 'b' } })).text(),
  'fetch of another spelling': async () => (await fetch(`HTTP://LOCALHOST.:${good}/a`)).text(),
  'http.get': () => get(`http://${local}/b`),
  'http.request': () =>
    new Promise((resolve, reject) => {
      const sent = http.request({ host: 'localhost', port: good, method: 'POST' }, (response) =>
        text(response).then(resolve),
      );
      sent.on('error', reject).end('body');
    }),
  'an agent': async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const all = await Promise.all([1, 2, 3].map(() => request({ agent })));
    agent.destroy();
    return all.join();
  },
  'a timeout': () => request({ timeout: 5000 }),
  'no agent': () => request({ agent: false }),
  'own lookup': () => request({ lookup: (_h, _o, done) => done(null, '192.0.2.1', 4) }),
  'net.connect': () => spoken(net.connect(good, 'localhost')),
  'net.Socket': () =>
    spoken(
      new net.Socket().setTimeout(5000).setNoDelay(true).connect({ port: good, host: 'localhost' }),
    ),
  http2: () =>
    new Promise((resolve, reject) => {
      const session = http2.connect(`http://${local}`);
      session.on('error', (error) => resolve(error.code)); // it is no server of HTTP/2
    }),
  'dns.lookup': async () => (await dns.promises.lookup('localhost')).family,
  // Options are read once.
  'a port that changes': () => get(flipping('port', good, bad, { hostname: 'localhost' })),
  'a session with another port in its options': () =>
    typeof http2.connect(`http://${local}`, { port: bad }).on('error', () => undefined),
  'a WebSocket that fails': () =>
    new Promise((resolve) => {
      new WebSocket(`ws://${local}/`).onerror = (event) => resolve(event.type);
    }),
  'a datagram': () =>
    new Promise((resolve, reject) => {
      const socket = dgram.createSocket('udp4');
      socket.send(
        'x',
        good,
        'localhost',
        (error) => (socket.close(), error ? reject(error) : resolve('sent')),
      );
    }),
};

const denied = {
  fetch: () => fetch(`http://${evil}/`),
  'a redirect': () => fetch(`http://${local}/redirect`),
  'a Request': () => fetch(new Request(`http://${evil}/`)),
  'an object that is two URLs': () =>
    fetch({ url: `http://${local}/`, toString: () => `http://${evil}/` }),
  'a dispatcher in the options': () => {
    let found;
    const init = {
      get method() {
        found = this;
        return 'GET';
      },
    };
    return fetch(`http://${evil}/`, init).catch((error) => {
      if (found?.dispatcher)
        found.dispatcher.dispatch({ origin: `http://${evil}`, path: '/', method: 'GET' }, {});
      throw error;
    });
  },
  WebSocket: () => new WebSocket(`ws://${evil}/`),
  'the class of a WebSocket': () => {
    const socket = new WebSocket(`ws://${local}/`);
    socket.onerror = () => undefined;
    return new socket.constructor(`ws://${evil}/`);
  },
  'http.get': () => get(`http://${evil}/`),
  'two hosts': () =>
    get(`http://${local}/`, { hostname: 'localhost', host: 'localhost', port: bad }),
  'a hostname that changes': () =>
    get(flipping('hostname', 'localhost', '127.0.0.1', { port: bad })),
  'a socket path': () => request({ socketPath: '/tmp/none.sock' }),
  'a default port': () => request({ port: 0, defaultPort: bad }),
  'an agent of its own': () =>
    request({ port: bad, agent: { defaultPort: good, protocol: 'http:', addRequest() {} } }),
  'createConnection of the agent': () =>
    new http.Agent().createConnection({ host: 'localhost', port: bad }),
  'createConnection of its prototype': () =>
    Object.getPrototypeOf(http.Agent.prototype).createConnection({ host: 'localhost', port: bad }),
  'net.connect': () => spoken(net.connect(bad, 'localhost')),
  'a string for a port': () => spoken(net.connect(`${bad}`, 'localhost')),
  'an address': () => spoken(net.connect(good, '127.0.0.1')),
  'a short address': () => spoken(net.connect(good, '127.1')),
  'a hexadecimal address': () => spoken(net.connect(good, '0x7f000001')),
  'a mapped address': () => spoken(net.connect(good, '::ffff:127.0.0.1')),
  'the unspecified address': () => spoken(net.connect(good, '0.0.0.0')),
  'a zone': () => spoken(net.connect(good, '::1%lo')),
  'an encoded name': () => spoken(net.connect(good, 'local%68ost')),
  'a name with a user': () => spoken(net.connect(good, 'localhost@127.0.0.1')),
  'a name with NUL': () => spoken(net.connect(good, 'localhost\0.example.org')),
  'another name': () => spoken(net.connect(good, 'localhost.example.org')),
  'a name that starts alike': () => spoken(net.connect(good, 'xlocalhost')),
  'a Unix socket': () => net.connect('/tmp/none.sock'),
  'a second connect': () => new net.Socket().connect(good, 'localhost').connect(bad, 'localhost'),
  'a descriptor': () => new net.Socket({ fd: 3 }),
  'net.Server': () => net.createServer().listen(0),
  'http.createServer': () => http.createServer(),
  'tls.connect': () => tls.connect(bad, 'localhost'),
  'tls.connect with a socket that is none': () =>
    tls.connect({ host: 'localhost', port: bad, socket: 0 }),
  'tls.connect with a path and a socket that is none': () =>
    tls.connect({ path: '/tmp/none.sock', socket: '' }),
  'https.get': () => https.get(`https://${evil}/`),
  http2: () => http2.connect(`http://${evil}`),
  'dns.lookup': () => dns.promises.lookup('data.example.org'),
  'dns.resolve': () => dns.promises.resolveTxt('data.example.org'),
  'dns.Resolver': () => new dns.Resolver(),
  'a datagram': () =>
    new Promise((resolve, reject) => {
      dgram
        .createSocket('udp4')
        .send('x', bad, 'localhost', (error) => (error ? reject(error) : resolve('sent')));
    }),
  'a datagram to an address': () =>
    new Promise((resolve, reject) => {
      dgram
        .createSocket('udp4')
        .send(Buffer.from('x'), 0, 1, good, '127.0.0.1', (error) =>
          error ? reject(error) : resolve('sent'),
        );
    }),
};

// What the objects of an allowed connection lead to.
const walks = {
  'a socket': () => connectAll(net.connect(good, 'localhost').on('error', () => undefined)),
  'the classes of a socket': () =>
    classesOf(net.connect(good, 'localhost').on('error', () => undefined)),
  'a request': () => connectAll(http.get(`http://${local}/`).on('error', () => undefined)),
  'the classes of a request': () =>
    classesOf(http.get(`http://${local}/`).on('error', () => undefined)),
  'a response': () =>
    new Promise((resolve) => {
      http.get(`http://${local}/`, (response) =>
        resolve([connectAll(response), classesOf(response)]),
      );
    }),
  'a session': () => {
    const session = http2.connect(`http://${local}`).on('error', () => undefined);
    return [connectAll(session), classesOf(session)];
  },
  'a stream of a session': () => {
    const session = http2.connect(`http://${local}`).on('error', () => undefined);
    const stream = session.request().on('error', () => undefined);
    return [connectAll(stream), classesOf(stream), session.socket && connectAll(session.socket)];
  },
  'an agent': () => [
    connectAll(new http.Agent()),
    connectAll(http.globalAgent),
    classesOf(http.globalAgent),
  ],
  'a datagram socket': () => {
    const socket = dgram.createSocket('udp4');
    return [connectAll(socket), classesOf(socket)];
  },
  builtins: () =>
    [http, https, http2, net, tls, dns, dgram].map((each) => [connectAll(each), classesOf(each)]),
};

const outcome = async (probe) => {
  const late = new Promise((resolve) => setTimeout(resolve, 2000, 'no answer'));
  try {
    return { value: `${await Promise.race([probe(), late])}` };
  } catch (error) {
    return { code: `${error?.code}`, message: `${error?.message}` };
  }
};

module.exports = async () => {
  const found = {};
  for (const [kind, probes] of Object.entries({ allowed, denied, walks })) {
    found[kind] = {};
    for (const [name, probe] of Object.entries(probes)) found[kind][name] = await outcome(probe);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(JSON.stringify(found));
};
