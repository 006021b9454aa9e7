// usage: node judge.mjs PORT KIND=TOKEN...
//
// Calls every operation of schemas/openapi.yaml on the server at PORT through Prism, a proxy that holds each request and each
// answer to the description and answers with an error of its own where one breaks it. Exit status 1, with a line for each
// violation, if there is any, or if an operation was not called.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {calls} from './calls.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const description = path.resolve(here, '../../schemas/openapi.yaml');
const [port, ...kinds] = process.argv.slice(2);
const tokens = Object.fromEntries(kinds.map((kind) => [kind.slice(0, kind.indexOf('=')), kind.slice(kind.indexOf('=') + 1)]));

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const {port: free} = server.address();
    server.close(() => resolve(free));
  });
});

const proxyPort = await freePort();
const prism = spawn(process.execPath, [
  path.join(here, 'node_modules/@stoplight/prism-cli/dist/index.js'), 'proxy', '--errors', '--port', String(proxyPort),
  description, `http://127.0.0.1:${port}`], {stdio: ['ignore', 'pipe', 'pipe']});
let log = '';
const listening = new Promise((resolve, reject) => {
  const heard = (bytes) => {
    log += bytes;
    if (log.includes('is listening')) resolve();
  };
  prism.stdout.on('data', heard);
  prism.stderr.on('data', heard);
  prism.on('exit', () => reject(new Error(`Prism ended:\n${log}`)));
  setTimeout(() => reject(new Error(`Prism does not listen:\n${log}`)), 60_000).unref();
});

/// The status, and what Prism had to say; a stream is left after its head.
async function ask(base, call) {
  const headers = {...call.headers};
  if (call.as) headers.authorization = `Bearer ${tokens[call.as]}`;
  const stop = new AbortController();
  const response = await fetch(base + call.path, {method: call.method ?? 'GET', headers, body: call.body, signal: stop.signal});
  if (call.stream && response.status === 200) {
    stop.abort();
    return {status: response.status, text: '', type: response.headers.get('content-type')};
  }
  const text = await response.text();
  return {status: response.status, text, type: response.headers.get('content-type') ?? ''};
}

let wrong = 0;
const complain = (call, what) => {
  wrong += 1;
  console.log(`${call.operation}: ${call.method ?? 'GET'} ${call.path} as ${call.as ?? 'nobody'}: ${what}`);
};

try {
  await listening;
  const called = new Set();
  const open = await ask(`http://127.0.0.1:${port}`, {path: '/v1/tasks', as: 'agent'});
  const task = JSON.parse(open.text).tasks[0].key;
  for (const described of calls) {
    const call = {...described, path: described.path.replace('{task}', task)};
    const direct = call.once ? {status: call.status, type: call.type} : await ask(`http://127.0.0.1:${port}`, call);
    if (direct.status !== call.status) complain(call, `answers ${direct.status}, not ${call.status}: ${direct.text}`);
    if (call.type && !direct.type.startsWith(call.type)) complain(call, `is ${direct.type}, not ${call.type}`);
    if (call.stream) called.add(call.operation);
    if (call.stream || call.direct) continue;  // Prism waits for the end of an answer
    const judged = await ask(`http://127.0.0.1:${proxyPort}`, call);
    const complaint = judged.text.includes('stoplight.io/prism/errors');
    if (complaint !== Boolean(call.invalid)) complain(call, complaint ? judged.text : 'Prism takes it for valid');
    if (!complaint && judged.status !== call.status) complain(call, `through Prism ${judged.status}: ${judged.text}`);
    if (!call.invalid && (call.status < 400 || call.enough)) called.add(call.operation);
  }
  const operations = [...fs.readFileSync(description, 'utf8').matchAll(/^ {6}operationId: (\w+)$/gm)].map((match) => match[1]);
  for (const operation of operations.filter((name) => !called.has(name))) {
    complain({operation, path: ''}, 'was not called with success');
  }
  console.log(`${calls.length} calls of ${operations.length} operations, ${wrong} wrong`);
} finally {
  prism.removeAllListeners('exit');
  prism.kill();
}
process.exitCode = wrong ? 1 : 0;
