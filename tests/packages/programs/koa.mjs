import Koa from 'koa';

const app = new Koa();
app.silent = true;
app.use(async (context, next) => {
  await next();
  context.set('x-length', String(context.length));
});
app.use(async (context) => {
  if (context.path === '/broken') context.throw(418, 'teapot');
  if (context.path !== '/') return;
  context.cookies.set('seen', 'yes', { httpOnly: true });
  context.body = { query: context.query, type: context.accepts('html', 'json') };
});

const server = app.listen(0, '127.0.0.1', async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  for (const path of ['/?a=1&b=2', '/broken', '/nowhere']) {
    const response = await fetch(origin + path, { headers: { accept: 'application/json' } });
    console.log(
      response.status,
      response.headers.get('set-cookie'),
      response.headers.get('x-length'),
    );
    console.log(await response.text());
  }
  server.closeAllConnections();
  server.close();
});
