import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { Test } from 'tap';

/** A TCP connection between two programs that a test can cut: neither side receives a close from the other program. */
export class TcpProxy {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #delayMs = 0;

  private constructor(private target: { host: string; port: number }) {}

  static async start(t: Test, target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    t.teardown(() => proxy.cut());
    await proxy.restore();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Ends all connections and takes no new ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
  }

  /** Passes nothing on, in either direction, until `flow`; the connections stay open. */
  stall(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  flow(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  /** From now on everything takes so long in each direction, on open connections too: one that is made then may time out. */
  slow(ms: number): void {
    this.#delayMs = ms;
  }

  /** Takes connections again, on the same port. */
  async restore(): Promise<void> {
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as { port: number }).port;
  }

  /** Sends new connections to another port, for a program that was restarted there. */
  retarget(port: number): void {
    this.target = { ...this.target, port };
  }

  #join(near: Socket): void {
    const far = connect(this.target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(this.#delayLine()).pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  /** Passes everything on in order, later by the delay of the moment. */
  #delayLine(): Transform {
    const delayMs = (): number => this.#delayMs;
    return new Transform({
      transform(chunk: Buffer, _encoding, taken) {
        if (delayMs() === 0) this.push(chunk);
        else setTimeout(() => this.push(chunk), delayMs());
        taken();
      },
      flush(ended) {
        setTimeout(ended, delayMs());
      },
    });
  }
}
