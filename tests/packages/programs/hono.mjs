import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';

const app = new Hono();
app.use('/api/*', cors({ origin: 'https://example.org' }));
app.get('/api/books/:id', (context) => context.json({ id: context.req.param('id') }));
app.post('/api/books', async (context) => context.text((await context.req.json()).title, 201));
app.get('/secret', () => {
  throw new HTTPException(401, { message: 'who are you?' });
});
app.notFound((context) => context.text(`nothing at ${context.req.path}`, 404));

const show = async (...request) => {
  const response = await app.request(...request);
  console.log(response.status, response.headers.get('access-control-allow-origin'));
  console.log(await response.text());
};
await show('/api/books/7?full=1');
await show('/api/books', { method: 'POST', body: JSON.stringify({ title: 'Emma' }) });
await show('/secret');
await show('/elsewhere');
