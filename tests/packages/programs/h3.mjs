import { H3, HTTPError, getQuery, readBody } from 'h3';

const app = new H3();
app.use(async (event, next) => {
  const result = await next();
  event.res.headers.set('x-seen', event.url.pathname);
  return result;
});
app.get('/hello/:name', (event) => ({ hello: event.context.params.name, query: getQuery(event) }));
app.post('/echo', async (event) => (await readBody(event)).toUpperCase());
app.get('/teapot', () => {
  throw new HTTPError({ status: 418, message: 'short and stout' });
});

for (const request of [
  ['/hello/ada?x=1'],
  ['/echo', { method: 'POST', body: 'shout' }],
  ['/teapot'],
  ['/no'],
]) {
  const response = await app.request(...request);
  console.log(response.status, response.headers.get('x-seen'), await response.text());
}
