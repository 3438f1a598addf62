// Classes of what is made by files, networks and databases: no name leads to them.
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const tls = require('tls');
const { WASI } = require('wasi');
const { DatabaseSync } = require('node:sqlite');
const made = {};
const keep = (name, object) => {
  made[name] ??= object;
  return object;
};
const valueOf = (object, symbol) => object[caught(() => symbolOf(object, symbol))];
const exchange = () =>
  new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      keep('parser', request.socket.parser);
      keep('parser resource', valueOf(request.socket.parser, 'resource_symbol'));
      response.end();
      server.close();
    });
    server.listen(0, () => {
      keep('connections', valueOf(server, 'http.server.connections'));
      const { port } = server.address();
      http.get({ port, agent: false }, (response) => response.resume().on('end', resolve));
    });
  });
const exchange2 = () =>
  new Promise((resolve) => {
    const server = keep('http2 server', http2.createServer());
    server.on('stream', (stream) => {
      keep('server stream', stream);
      keep('server session', stream.session);
      keep('stream handle', valueOf(stream, 'kHandle'));
      keep('session handle', valueOf(stream.session, 'kHandle'));
      stream.respond({ ':status': 200 });
      stream.end('x');
    });
    server.listen(0, () => {
      const client = keep(
        'client session',
        http2.connect(`http://localhost:${server.address().port}`),
      );
      const stream = keep('client stream', client.request());
      stream.resume().on('end', () => {
        client.close();
        server.close();
        resolve();
      });
    });
  });
module.exports = async () => {
  const file = __filename.startsWith('/evil-') ? '/etc/passwd' : __filename;
  keep('watcher', fs.watch(file)).close();
  keep(
    'stat watcher',
    fs.watchFile(file, () => undefined),
  );
  fs.unwatchFile(file);
  keep('statfs', fs.statfsSync('/'));
  keep('context', tls.createSecureContext().context);
  keep('group', valueOf(crypto.getDiffieHellman('modp1'), 'kHandle'));
  keep('import of WASI', new WASI({ version: 'preview1' }).wasiImport);
  keep('rows', new DatabaseSync(':memory:').prepare('select 1').iterate());
  keep('response', await fetch('data:,x'));
  await Promise.all([exchange(), exchange2()]);
  const open = Object.keys(made).filter((name) => {
    const object = made[name];
    return object && Object.isExtensible(Object.getPrototypeOf(object));
  });
  return `open: ${open}\nlooked at: ${Object.keys(made).length}`;
};
