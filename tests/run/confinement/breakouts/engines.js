// The library is not there; what loads it says so.
const tls = require('tls');
const https = require('https');
const http2 = require('http2');
const failing = (start) =>
  new Promise((resolve) => {
    try {
      start().on('error', (error) => resolve(error.message));
    } catch (error) {
      resolve(error.message);
    }
  });
module.exports = async () => {
  const engine = { clientCertEngine: '/no-such' };
  const inherited = Object.create(engine);
  const key = { privateKeyIdentifier: 'x', privateKeyEngine: '/no-such' };
  const to = { host: '127.0.0.1', port: 1 };
  const native = () => tls.createSecureContext().context;
  const results = {
    context: said(() => tls.createSecureContext(engine)),
    inherited: said(() => tls.createSecureContext(inherited)),
    key: said(() => tls.createSecureContext(key)),
    class: said(() => new tls.SecureContext(engine)),
    nativeCert: said(() => native().setClientCertEngine('/no-such')),
    nativeKey: said(() => native().setEngineKey('x', '/no-such')),
    connect: await failing(() => tls.connect({ ...to, ...engine })),
    request: await failing(() => https.request({ ...to, ...engine })),
    agent: await failing(() => https.get({ ...to, agent: new https.Agent(engine) })),
    http2: await failing(() => http2.connect('https://127.0.0.1:1', engine)),
    server: said(() => tls.createServer(key)),
  };
  const loaded = Object.entries(results).filter(([, text]) => text.includes('could not load'));
  return `engines loaded: ${loaded.map(([name]) => name).join()}`;
};
