import http from 'node:http';
import { Agent, FormData, Headers, MockAgent, Pool, Request, fetch, request, stream } from 'undici';

const server = http.createServer((incoming, response) => {
  response.setHeader('x-method', incoming.method);
  incoming.pipe(response);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const dispatcher = new Agent({ keepAliveTimeout: 10 });
const { statusCode, headers, body } = await request(origin, {
  method: 'POST',
  body: 'ping',
  dispatcher,
});
console.log(statusCode, headers['x-method'], await body.text());
const answer = await fetch(new Request(origin, { method: 'PUT', body: JSON.stringify({ a: 1 }) }), {
  dispatcher,
});
console.log(answer.headers.get('x-method'), await answer.json(), new Headers({ A: 'b' }).get('a'));
const pool = new Pool(origin, { connections: 1 });
console.log(
  (
    await Promise.all(
      [1, 2].map(async (n) =>
        (await pool.request({ path: '/', method: 'POST', body: `n${n}` })).body.text(),
      ),
    )
  ).join(),
);
await pool.close();
const mock = new MockAgent();
mock.disableNetConnect();
mock.get('http://mocked.example').intercept({ path: '/x' }).reply(201, { mocked: true });
console.log(await (await fetch('http://mocked.example/x', { dispatcher: mock })).json());
const form = new FormData();
form.append('k', 'v');
console.log([...form.entries()].join());
await dispatcher.close();
server.close();
