import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A TCP connection on which a test writes what no HTTP client would send; closed when the test ends. */
export class RawSocket {
  #received = '';
  #arrived: () => void = () => {};
  readonly #closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#arrived();
    });
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      const close = (): void => {
        this.#arrived();
        resolve();
      };
      socket.once('end', close).once('close', close);
    });
  }

  /** Connects to the server of a URL. It does not close by itself when the server does: only the server's bound does that. */
  static async open(t: Test, url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    t.teardown(() => socket.destroy());
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawSocket(socket);
  }

  get received(): string {
    return this.#received;
  }

  /** Resolves when the server has closed the connection from its side. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves with everything received once it matches. Rejects when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      if (this.socket.closed || this.socket.readableEnded) {
        throw new Error(`the connection ended with ${JSON.stringify(this.#received.slice(0, 500))}`);
      }
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
        this.socket.once('end', resolve);
      });
    }
    return this.#received;
  }
}

/** The head of a request, with a blank line behind it. */
export const head = (line: string, headers: Record<string, string | number> = {}): string =>
  [
    `${line} HTTP/1.1`,
    'host: broker',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** Writes a request on a connection of its own and resolves with its answer, complete for a problem document. */
export async function ask(t: Test, url: string, request: string | Uint8Array): Promise<string> {
  const socket = await RawSocket.open(t, url);
  socket.write(request);
  const answer = await socket.until(/\r\n\r\n.*\}\s*$|HTTP\/1\.1 (?:204|304).*\r\n\r\n/s);
  socket.socket.destroy();
  return answer;
}
