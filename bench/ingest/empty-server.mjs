// The limit of HTTP and the clients on this machine: reads each body, answers, and does nothing else.
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
