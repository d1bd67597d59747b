import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ClientFrame, Subprotocol } from '../../proto/frames/frames.js';
import { SHORT_SECONDS } from './metric-buckets.js';

/** Sessions and HTTP requests. */
export class GatewayMetrics {
  readonly #sessions: Gauge;
  readonly #closed: Counter;
  readonly #framesReceived: Counter;
  readonly #paused: Counter;
  readonly #requests: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#sessions = new Gauge({
      name: 'sluice_sessions',
      help: 'Open WebSocket sessions',
      labelNames: ['encoding'],
      registers,
    });
    this.#closed = new Counter({
      name: 'sluice_sessions_closed_total',
      help: 'Sessions closed, by close code',
      labelNames: ['code'],
      registers,
    });
    this.#framesReceived = new Counter({
      name: 'sluice_frames_received_total',
      help: 'Frames of clients, by kind',
      labelNames: ['kind'],
      registers,
    });
    this.#paused = new Counter({
      name: 'sluice_sessions_paused_total',
      help: 'Times a session was not read from because intake was full',
      registers,
    });
    this.#requests = new Histogram({
      name: 'sluice_http_request_duration_seconds',
      help: 'HTTP requests by method, route pattern and status',
      labelNames: ['method', 'route', 'status'],
      buckets: SHORT_SECONDS,
      registers,
    });
  }

  sessionOpened(encoding: Subprotocol): void {
    this.#sessions.inc({ encoding });
  }

  sessionClosed(encoding: Subprotocol, code: number): void {
    this.#sessions.dec({ encoding });
    // Clients may send any number as close code; those that the protocol does not know count together.
    this.#closed.inc({ code: code <= 1011 || (code >= 4400 && code <= 4429) ? code : 'other' });
  }

  frameReceived(kind: ClientFrame['kind']): void {
    this.#framesReceived.inc({ kind });
  }

  sessionPaused(): void {
    this.#paused.inc();
  }

  requestDone(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds);
  }
}
