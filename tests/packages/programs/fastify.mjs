import fastify from 'fastify';

const app = fastify();
app.decorate('greeting', 'hello');
app.addHook('onRequest', async (request) => {
  request.visits = (request.visits ?? 0) + 1;
});
app.get('/hi/:name', {
  schema: { response: { 200: { type: 'object', properties: { text: { type: 'string' } } } } },
  handler: async (request) => ({ text: `${app.greeting} ${request.params.name}`, secret: 1 }),
});
app.post('/sum', {
  schema: { body: { type: 'array', items: { type: 'integer' }, minItems: 2 } },
  handler: async (request) => ({ sum: request.body.reduce((a, b) => a + b), n: request.visits }),
});

const show = async (options) => {
  const { statusCode, body } = await app.inject(options);
  console.log(statusCode, body);
};
await show('/hi/ada');
await show({ method: 'POST', url: '/sum', payload: [1, 2, 39] });
await show({ method: 'POST', url: '/sum', payload: ['x'] });
await app.listen({ port: 0, host: '127.0.0.1' });
const response = await fetch(`http://127.0.0.1:${app.server.address().port}/hi/socket`);
console.log(response.status, await response.text());
await app.close();
