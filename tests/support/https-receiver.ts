import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, globalAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeCertificate } from './certificate.js';
import { temporaryFolder } from './nats/nats.js';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpsReceiver {
  url: string;
  /** File of the certificate, for other processes that are to trust it. */
  certificate: string;
  received: Received[];
  /** The answer to a request, 204 unless set; undefined for none. */
  answer: (request: Received) => { status: number; headers?: Record<string, string> } | undefined;
}

/** An https server on the loopback address whose certificate this process trusts until the test ends. */
export async function startHttpsReceiver(t: Test): Promise<HttpsReceiver> {
  const folder = await temporaryFolder(t);
  makeCertificate(folder, 'receiver');
  const [key, cert] = ['key', 'pem'].map((ending) => readFileSync(join(folder, `receiver.${ending}`)));
  const receiver: HttpsReceiver = {
    url: '',
    certificate: join(folder, 'receiver.pem'),
    received: [],
    answer: () => ({ status: 204 }),
  };
  const server = createServer({ key, cert }, async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() };
    receiver.received.push(one);
    const answer = receiver.answer(one);
    if (answer) response.writeHead(answer.status, answer.headers).end();
  });
  const before = globalAgent.options.ca;
  globalAgent.options.ca = cert;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    globalAgent.options.ca = before;
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}
