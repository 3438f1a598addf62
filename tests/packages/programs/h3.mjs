import { H3, HTTPError, getQuery, readBody, defineHandler, getCookie, setCookie, getRequestURL } from 'h3';
import { toNodeHandler } from 'h3/node';
import { createServer } from 'node:http';

const app = new H3();
app.use((event, next) => {
  event.res.headers.set('x-seen', event.url.pathname);
  return next();
});
app.get('/hello/:name', (event) => ({ hello: event.context.params.name, query: getQuery(event) }));
app.post('/echo', async (event) => ({ echoed: await readBody(event) }));
app.get('/cookie', (event) => {
  setCookie(event, 'a', String(Number(getCookie(event, 'a') ?? 0) + 1));
  return String(getRequestURL(event).pathname);
});
app.get('/fail', defineHandler(() => {
  throw new HTTPError({ status: 418, statusText: 'teapot' });
}));
app.get('/stream', () => new ReadableStream({
  start(controller) {
    controller.enqueue(new TextEncoder().encode('streamed'));
    controller.close();
  },
}));

const told = async (answer) => [answer.status, answer.headers.get('x-seen'), answer.headers.get('set-cookie'), await answer.text()].join(' | ');
for (const [path, init] of [
  ['/hello/you?x=1&x=2', {}],
  ['/echo', { method: 'POST', body: JSON.stringify({ a: [1] }), headers: { 'content-type': 'application/json' } }],
  ['/cookie', { headers: { cookie: 'a=4' } }],
  ['/fail', {}],
  ['/stream', {}],
  ['/nowhere', {}],
]) console.log(await told(await app.request(path, init)));

const server = createServer(toNodeHandler(app)).listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  console.log(await told(await fetch(`${base}/hello/node?y=z`)));
  console.log(await told(await fetch(`${base}/echo`, { method: 'POST', body: 'text' })));
  server.close();
  server.closeAllConnections();
});
