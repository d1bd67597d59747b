import { connect, type Socket } from 'node:net';

export interface PipelinedRequest {
  method: string;
  /** With the query, encoded. */
  path: string;
  /** Undefined sends no credential. */
  token?: string | undefined;
  body?: string | Uint8Array | undefined;
  contentType?: string | undefined;
}

export interface PipelinedAnswer {
  status: number;
  text: string;
}

interface Waiting {
  request: PipelinedRequest;
  /** Times that a connection ended before the answer. */
  losses: number;
  resolve: (answer: PipelinedAnswer) => void;
  reject: (error: Error) => void;
}

/** Requests in flight on one connection; the broker closes one with more than 32 waiting. */
const IN_FLIGHT_MAX = 16;
/** A connection may end behind an answer that refuses a body before it is read; twice for one request is a fault. */
const LOSSES_MAX = 2;
const ANSWER_MS_MAX = 60_000;

/**
 * One keep-alive connection on which requests follow each other without waiting for answers. `fetch` costs a test that sends
 * millions of small requests several times what the broker spends on them.
 */
export class RawPipeline {
  readonly #host: string;
  readonly #port: number;
  readonly #queue: Waiting[] = [];
  readonly #inFlight: Waiting[] = [];
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #isClosing = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  call(request: PipelinedRequest): Promise<PipelinedAnswer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, losses: 0, resolve, reject });
      this.#send();
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #send(): void {
    if (this.#isClosing || this.#queue.length === 0) return;
    this.#socket ??= this.#connect();
    this.#socket.cork();
    while (this.#queue.length > 0 && this.#inFlight.length < IN_FLIGHT_MAX) {
      const next = this.#queue.shift()!;
      this.#inFlight.push(next);
      this.#write(this.#socket, next.request);
    }
    this.#socket.uncork();
  }

  #write(socket: Socket, { method, path, token, body, contentType }: PipelinedRequest): void {
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}:${this.#port}\r\n`;
    if (token !== undefined) head += `authorization: Bearer ${token}\r\n`;
    if (body === undefined) socket.write(`${head}\r\n`);
    else {
      head += `content-type: ${contentType ?? 'application/json'}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      socket.write(head);
      socket.write(body);
    }
  }

  #connect(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    socket.setTimeout(ANSWER_MS_MAX, () => {
      if (this.#inFlight.length > 0) socket.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`));
    });
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', (chunk) => this.#take(chunk));
    socket.once('close', () => this.#lost(failure));
    return socket;
  }

  #lost(failure: Error | undefined): void {
    const lost = this.#inFlight.splice(0);
    // The broker has not looked at requests behind the one whose answer ends the connection.
    if (lost[0] && !this.#isClosing) lost[0].losses++;
    this.#socket = undefined;
    this.#received = Buffer.alloc(0);
    this.#isClosing = false;
    if (lost[0] && lost[0].losses >= LOSSES_MAX) {
      lost.shift()!.reject(new Error(`the connection was closed without an answer: ${failure?.message ?? 'ended'}`));
    }
    this.#queue.unshift(...lost);
    this.#send();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let answer = answerIn(this.#received); answer; answer = answerIn(this.#received)) {
      this.#received = this.#received.subarray(answer.bytes);
      const { status, text, isLast } = answer;
      // An interim answer (100 Continue) belongs to the request that is still in flight.
      if (status >= 200) this.#inFlight.shift()?.resolve({ status, text });
      if (isLast) {
        this.#isClosing = true;
        this.#socket?.end();
        return;
      }
    }
    this.#send();
  }
}

interface ParsedAnswer extends PipelinedAnswer {
  /** Length of the answer. */
  bytes: number;
  /** The server closes the connection behind it. */
  isLast: boolean;
}

/** The first answer in the bytes; undefined when it is not complete. */
function answerIn(received: Buffer): ParsedAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.toString('latin1', 0, headEnd + 2);
  const status = Number(head.slice(9, 12));
  const isLast = /\r\nconnection: close\r\n/i.test(head);
  const from = headEnd + 4;
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
    const body = chunksIn(received, from);
    return body && { status, isLast, ...body };
  }
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  if (received.length < from + length) return undefined;
  return { status, isLast, text: received.toString('utf8', from, from + length), bytes: from + length };
}

function chunksIn(received: Buffer, from: number): { text: string; bytes: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const length = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + length + 2;
    if (received.length < next) return undefined;
    if (length === 0) return { text: Buffer.concat(parts).toString(), bytes: next };
    parts.push(received.subarray(lineEnd + 2, next - 2));
    at = next;
  }
}
