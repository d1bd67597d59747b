import type { Closing, Transport, TransportHandlers, TransportTarget } from './transport.js';

/** The members of the browser's WebSocket that are used here; the types of Node do not declare it. */
interface BrowserSocket {
  binaryType: string;
  readyState: number;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(message: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}
type BrowserSocketClass = new (url: string, protocols: string[]) => BrowserSocket;

const ABNORMAL_CLOSE = 1006;
const OPEN = 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Connects by the browser's own WebSocket, which cannot send a header: the token is exchanged for a one-time ticket first. */
export function connectBrowser(target: TransportTarget, handlers: TransportHandlers): Transport {
  const connection = new BrowserConnection(target, handlers);
  void connection.start();
  return connection;
}

class BrowserConnection implements Transport {
  #socket: BrowserSocket | undefined;
  #isClosed = false;

  constructor(
    private readonly target: TransportTarget,
    private readonly handlers: TransportHandlers,
  ) {}

  async start(): Promise<void> {
    try {
      const url =
        this.target.token === undefined ? this.target.url : await urlWithTicket(this.target, this.target.token);
      if (!this.#isClosed) this.#open(url);
    } catch (error) {
      const status = error instanceof TicketRefusedError ? error.status : undefined;
      this.#closed({ code: ABNORMAL_CLOSE, reason: '', status, error: error as Error });
    }
  }

  send(message: string | Uint8Array): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(message);
  }

  sendText(utf8: Uint8Array): void {
    this.send(decoder.decode(utf8));
  }

  close(code: number, reason: string): void {
    if (this.#socket) this.#socket.close(code, reason);
    else this.#closed({ code, reason });
  }

  terminate(): void {
    this.#socket?.close();
    // A browser waits for the peer's closing frame, which a dead peer never sends.
    this.#closed({ code: ABNORMAL_CLOSE, reason: '' });
  }

  #open(url: string): void {
    const { WebSocket } = globalThis as unknown as { WebSocket: BrowserSocketClass };
    const socket = new WebSocket(url, [this.target.protocol]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (this.#isClosed) return;
      if (typeof data === 'string') this.handlers.message(encoder.encode(data), false);
      else this.handlers.message(new Uint8Array(data), true);
    };
    socket.onclose = ({ code, reason }) => this.#closed({ code, reason });
  }

  #closed(closing: Closing): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handlers.closed(closing);
  }
}

class TicketRefusedError extends Error {
  override readonly name = 'TicketRefused';
  constructor(readonly status: number) {
    super(`the bus refused a ticket with HTTP ${status}`);
  }
}

async function urlWithTicket(target: TransportTarget, token: string): Promise<string> {
  const url = new URL(target.url);
  const tickets = new URL(url);
  tickets.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  tickets.pathname = url.pathname.replace(/\/stream$/, '/tickets');
  const response = await fetch(tickets, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new TicketRefusedError(response.status);
  url.searchParams.set('ticket', ((await response.json()) as { ticket: string }).ticket);
  return url.href;
}
