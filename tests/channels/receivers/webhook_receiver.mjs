// usage: node webhook_receiver.mjs SECRET: takes posts on a free port and answers by the first part of the path.
//
// Prints the port, then a JSON line for each post: its path, headers, body, whether `standardwebhooks` and `svix`
// take its signature under SECRET, and how many posts were open at that moment. Ends when its input does.
import http from 'node:http';
import {Webhook as Standard} from 'standardwebhooks';
import {Webhook as Svix} from 'svix';

const secret = process.argv[2];
let open = 0;

function accepts(judge, body, headers) {
  try {
    judge.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const answers = {
  hang: () => {},
  drop: (_, response) => response.socket.destroy(),
  slow: (_, response) => setTimeout(() => response.writeHead(200).end(), 300),
  /// A head that promises more than ever comes.
  stall: (_, response) => response.writeHead(200, {'content-length': 100}).write('taken'),
  flood: (_, response) => response.writeHead(200).end('x'.repeat(1 << 20)),
  moved: (url, response) => response.writeHead(301, {location: '/200'}).end(),
};

const server = http.createServer((request, response) => {
  ++open;
  response.on('close', () => --open);
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url, 'http://localhost');
    console.log(JSON.stringify({
      path: url.pathname,
      method: request.method,
      headers: request.headers,
      body,
      open,
      standardwebhooks: accepts(new Standard(secret), body, request.headers),
      svix: accepts(new Svix(secret), body, request.headers),
    }));
    const word = url.pathname.slice(1);
    if (answers[word]) return answers[word](url, response);
    const wait = url.searchParams.get('retry-after');
    response.writeHead(Number(word), wait ? {'retry-after': wait} : {}).end('{}');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
