import http from 'node:http';
import axios from 'axios';
import fetch from 'node-fetch';

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/end' }).end();
    response.writeHead(request.url === '/missing' ? 404 : 200, {
      'content-type': 'application/json',
    });
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        type: request.headers['content-type'],
        body,
      }),
    );
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const client = axios.create({
  baseURL,
  proxy: false,
  transformResponse: [(text) => JSON.parse(text)],
});
client.interceptors.request.use((config) => ({
  ...config,
  params: { ...config.params, added: 1 },
}));
console.log((await client.post('/items', { a: [1] }, { params: { q: 'x y' } })).data);
await client
  .get('/missing')
  .catch((error) => console.log(error.code, error.response.status, axios.isAxiosError(error)));
const abort = new AbortController();
abort.abort();
await client
  .get('/', { signal: abort.signal })
  .catch((error) => console.log(error.name, error.message));

const response = await fetch(`${baseURL}/moved`);
console.log(response.status, response.redirected, (await response.json()).url);
console.log(
  await (await fetch(baseURL, { method: 'PUT', body: new URLSearchParams({ a: 'b c' }) })).text(),
);
server.close();
server.closeAllConnections();
