import type { Counter, Gauge, Histogram } from 'prom-client';
import type { ErrorCode } from '../../proto/errors.js';
import type { ClientFrame, Subprotocol } from '../../proto/frames/frames.js';
import { REQUEST_SECONDS } from './metric-buckets.js';
import type { MetricFactory, QuickCounter } from './metric-factory.js';

/** Why a log-in failed: no token, a wrong one, a wrong or used ticket, or too many failures before it. */
export type LoginFailure = 'missing' | 'token' | 'ticket' | 'throttled';

/** WebSocket sessions, log-ins and HTTP requests. */
export class GatewayMetrics {
  readonly #sessions: Gauge;
  readonly #closed: Counter;
  readonly #framesReceived: QuickCounter;
  readonly #paused: Counter;
  readonly #subscriptionsEnded: Counter;
  readonly #loginsFailed: Counter;
  readonly #requests: Counter;
  readonly #requestSeconds: Histogram;
  readonly #certificateEnds: Gauge;

  constructor(make: MetricFactory) {
    this.#sessions = make.gauge('sluice_sessions', 'Open WebSocket sessions', { labels: ['encoding'] });
    this.#closed = make.counter('sluice_sessions_closed_total', 'Sessions closed, by close code', ['code']);
    this.#framesReceived = make.quickCounter('sluice_frames_received_total', 'Frames of clients, by kind', 'kind');
    this.#paused = make.counter(
      'sluice_sessions_paused_total',
      'Times that a session was not read from because intake was at capacity',
    );
    this.#subscriptionsEnded = make.counter(
      'sluice_subscriptions_ended_total',
      'Subscriptions that the bus ended, by code',
      ['code'],
    );
    this.#loginsFailed = make.counter('sluice_logins_failed_total', 'Failed log-ins, by what was wrong', ['failure']);
    this.#requests = make.counter(
      'sluice_http_requests_total',
      'HTTP requests by method, route pattern and kind of status',
      ['method', 'route', 'status'],
    );
    this.#requestSeconds = make.histogram(
      'sluice_http_request_duration_seconds',
      'Time to answer an HTTP request, by method and route pattern',
      REQUEST_SECONDS,
      ['method', 'route'],
    );
    this.#certificateEnds = make.gauge(
      'sluice_tls_certificate_end_timestamp_seconds',
      'When the first certificate in the file of a setting ends; absent without TLS',
      { labels: ['file'], aggregator: 'min' },
    );
  }

  sessionOpened(encoding: Subprotocol): void {
    this.#sessions.inc({ encoding });
  }

  sessionClosed(encoding: Subprotocol, code: number): void {
    this.#sessions.dec({ encoding });
    // A client may send any number as close code: those that the protocol does not know share one label.
    this.#closed.inc({ code: code <= 1011 || (code >= 4400 && code <= 4429) ? code : 'other' });
  }

  frameReceived(kind: ClientFrame['kind']): void {
    this.#framesReceived.add(kind, 1);
  }

  sessionPaused(): void {
    this.#paused.inc();
  }

  /** The bus ended a subscription, over WebSocket or as server-sent events; one that its client closes is not counted. */
  subscriptionEnded(code: ErrorCode): void {
    this.#subscriptionsEnded.inc({ code });
  }

  loginFailed(failure: LoginFailure): void {
    this.#loginsFailed.inc({ failure });
  }

  /** Setting of a file → when its first certificate ends, in seconds since 1970. */
  certificatesRead(ends: ReadonlyMap<string, number>): void {
    for (const [file, end] of ends) this.#certificateEnds.set({ file }, end);
  }

  requestDone(method: string, route: string, status: number, seconds: number): void {
    this.#requests.inc({ method, route, status: kindOf(status) });
    this.#requestSeconds.observe({ method, route }, seconds);
  }
}

const TOO_MANY_REQUESTS = 429;

/** Clients can provoke ten statuses on each of a hundred routes: those of a kind share one series. */
const kindOf = (status: number): string =>
  status === TOO_MANY_REQUESTS ? String(status) : `${Math.floor(status / 100)}xx`;
