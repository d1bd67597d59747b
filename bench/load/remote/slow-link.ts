import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';

export interface LinkTraits {
  /** Delay in each direction; a round trip has it twice. */
  delayMs: number;
  bitsPerSecond: number;
}

/** Bytes that the routers on the way hold; the sender is stopped beyond them. */
const HELD_BYTES_MAX = 128 * 1024;

/** One direction of a line: bytes go out one behind the other at its rate, and arrive a delay later. */
class Direction {
  bytes = 0;
  #freeAtMs = 0;
  #heldBytes = 0;
  readonly #inTransit: { atMs: number; arrive: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly traits: LinkTraits) {}

  carry(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.#heldBytes += chunk.length;
      const now = performance.now();
      this.#freeAtMs = Math.max(now, this.#freeAtMs) + (chunk.length * 8_000) / this.traits.bitsPerSecond;
      this.#inTransit.push({ atMs: this.#freeAtMs + this.traits.delayMs, arrive: () => to.write(chunk) });
      this.#timer ??= setTimeout(() => this.#arrivals(), this.traits.delayMs);
      setTimeout(() => this.#left(chunk.length, from), this.#freeAtMs - now);
      if (this.#heldBytes > HELD_BYTES_MAX) from.pause();
    });
    from.on('close', () => {
      this.#inTransit.push({ atMs: 0, arrive: () => to.destroy() });
      this.#timer ??= setTimeout(() => this.#arrivals(), this.traits.delayMs);
    });
    from.on('error', () => undefined);
  }

  /** One timer for all: timers of their own would fire in another order. */
  #arrivals(): void {
    for (let first = this.#inTransit[0]; first && first.atMs <= performance.now() + 0.5; first = this.#inTransit[0]) {
      this.#inTransit.shift();
      first.arrive();
    }
    const next = this.#inTransit[0];
    this.#timer = next && setTimeout(() => this.#arrivals(), next.atMs - performance.now());
  }

  #left(bytes: number, from: Socket): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes <= HELD_BYTES_MAX / 2 && from.isPaused()) from.resume();
  }
}

/** The line of one department: a TCP proxy in this process that delays and limits what its connections carry together. */
export class SlowLink {
  readonly #down: Direction;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    traits: LinkTraits,
    target: { host: string; port: number },
  ) {
    this.#down = new Direction(traits);
    const up = new Direction(traits);
    server.on('connection', (client: Socket) => {
      const upstream = new Socket().connect(target);
      for (const socket of [client, upstream]) this.#track(socket.setNoDelay(true));
      up.carry(client, upstream);
      this.#down.carry(upstream, client);
    });
  }

  static async open(url: string, traits: LinkTraits): Promise<SlowLink> {
    const { hostname, port } = new URL(url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SlowLink(server, traits, { host: hostname, port: Number(port) });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Bytes on their way to the department so far. */
  get bytesDown(): number {
    return this.#down.bytes;
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
