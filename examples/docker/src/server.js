// A server that answers every request, until the container stops.
import http from 'node:http';

const port = Number(process.env.PORT ?? 8080);
const server = http.createServer((request, response) => {
  response.end(`hello ${request.url}\n`);
});
server.listen(port, () => console.log(`listening on ${port}`));
process.once('SIGTERM', () => server.close());
