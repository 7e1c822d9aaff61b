// What HTTP and the clients alone allow on this machine: each body is read and answered, and nothing done with it.
import { createServer } from 'node:http';

const ANSWER = '{}';
const HEADERS = { 'content-type': 'application/json', 'content-length': ANSWER.length };

const server = createServer((req, res) => {
  req.resume();
  req.on('end', () => res.writeHead(202, HEADERS).end(ANSWER));
});
server.listen(0, '127.0.0.1', () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
);
