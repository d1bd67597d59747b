import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeliveredEvent } from '../../../proto/event/event.js';

/** An event of the canary has about 1 KiB. */
const BODY_BYTES_MAX = 256 * 1024;
const KEY_BYTES = 32;
const OK = 204;
const UNAUTHORIZED = 401;
const TOO_LARGE = 413;

/** The service that the webhook calls: on the loopback address, one path for each grant, every signature checked. */
export class WebhookReceiver {
  readonly #key = randomBytes(KEY_BYTES);
  readonly #server: Server;

  private constructor(
    onBytes: (grant: string, bytes: Buffer) => void,
    onEvent: (grant: string, event: DeliveredEvent) => void,
  ) {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response, onBytes, onEvent).catch(() => response.destroy());
    });
  }

  static async open(
    onBytes: (grant: string, bytes: Buffer) => void,
    onEvent: (grant: string, event: DeliveredEvent) => void,
  ): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(onBytes, onEvent);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** Key of the signatures, as the configuration of a webhook has it. */
  get secret(): string {
    return `whsec_${this.#key.toString('base64')}`;
  }

  urlOf(grant: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${grant}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    onBytes: (grant: string, bytes: Buffer) => void,
    onEvent: (grant: string, event: DeliveredEvent) => void,
  ): Promise<void> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) return void response.writeHead(TOO_LARGE).end();
      pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    if (!this.#isSigned(request, body)) return void response.writeHead(UNAUTHORIZED).end();
    const grant = (request.url ?? '').slice(1);
    onBytes(grant, Buffer.from(request.rawHeaders.join('\n')));
    onBytes(grant, body);
    onEvent(grant, JSON.parse(body.toString('utf8')) as DeliveredEvent);
    response.writeHead(OK).end();
  }

  #isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body.toString('utf8')}`;
    const wanted = Buffer.from(`v1,${createHmac('sha256', this.#key).update(content).digest('base64')}`);
    const given = Buffer.from(String(headers['webhook-signature']));
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
