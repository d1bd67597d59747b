import type { Counter, Gauge, Histogram } from 'prom-client';
import type { ErrorCode } from '../../proto/errors.js';
import { CLOSE_CODES, type ClientFrame, type Subprotocol } from '../../proto/frames/frames.js';
import { REQUEST_SECONDS } from './metric-buckets.js';
import type { MetricFactory, QuickCounter } from './metric-factory.js';
import type { PartyCounts } from './parties/party-counts.js';

const OPERATION = 'method (HEAD counts as GET) and route; other and unknown for what the broker does not serve';

/** Why a log-in failed: no token, a wrong one, a wrong or used ticket, or too many failures before it. */
const LOGIN_FAILURES = ['missing', 'token', 'ticket', 'throttled'] as const;
export type LoginFailure = (typeof LOGIN_FAILURES)[number];

/** Close codes of clients that hang or do not read. */
const NOT_READING: readonly number[] = [CLOSE_CODES.HEARTBEAT_LOST, CLOSE_CODES.TOO_MUCH];

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

  constructor(
    make: MetricFactory,
    private readonly parties: PartyCounts,
  ) {
    this.#sessions = make.gauge('sluice_sessions', 'Open WebSocket sessions', { labels: ['encoding'] });
    this.#closed = make.counter(
      'sluice_sessions_closed_total',
      'WebSocket sessions closed, by close code',
      ['code'],
      NOT_READING,
    );
    this.#framesReceived = make.quickCounter(
      'sluice_frames_received_total',
      'Frames that clients sent, by kind',
      'kind',
    );
    this.#paused = make.counter(
      'sluice_sessions_paused_total',
      'Times that the broker stopped reading from a session because too many events waited to be stored',
    );
    this.#subscriptionsEnded = make.counter(
      'sluice_subscriptions_ended_total',
      'Subscriptions that the bus ended, by code',
      ['code'],
      ['INTERNAL', 'POSITION_GONE'],
    );
    this.#loginsFailed = make.counter(
      'sluice_logins_failed_total',
      'Failed log-ins, by what was wrong: no credential, its token or ticket, or too many failures before it',
      ['failure'],
      LOGIN_FAILURES,
    );
    this.#requests = make.counter('sluice_http_requests_total', `HTTP requests by ${OPERATION}, and kind of status`, [
      'method',
      'route',
      'status',
    ]);
    this.#requestSeconds = make.histogram(
      'sluice_http_request_duration_seconds',
      `Time to answer an HTTP request, by ${OPERATION}`,
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

  sessionClosed(encoding: Subprotocol, code: number, party: string): void {
    this.#sessions.dec({ encoding });
    // A client may send any number as close code: those that the protocol does not know share one label.
    this.#closed.inc({ code: code <= 1011 || (code >= 4400 && code <= 4429) ? code : 'other' });
    if (NOT_READING.includes(code)) this.parties.add('sessions_closed', party, { cause: String(code) });
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

  /** Setting of a file → end of the certificate in it that ends first, in seconds since 1970. */
  certificatesRead(ends: ReadonlyMap<string, number>): void {
    for (const [file, end] of ends) this.#certificateEnds.set({ file }, end);
  }

  /** `operation` is undefined for a path, or a method of a path, that is not served: anybody can make up as many (docs/decisions/0392). */
  requestDone(operation: { method: string; route: string } | undefined, status: number, seconds: number): void {
    const { method, route } = operation ?? { method: 'other', route: 'unknown' };
    const labels = { method: method === 'HEAD' ? 'GET' : method, route };
    this.#requests.inc({ ...labels, status: kindOf(status) });
    this.#requestSeconds.observe(labels, seconds);
  }
}

/** Statuses of refusals because a bound or a quota is reached. */
const AT_A_BOUND: ReadonlySet<number> = new Set([429, 507]);

/** Clients can provoke ten statuses on each of a hundred routes: those of a kind share one series. */
const kindOf = (status: number): string => (AT_A_BOUND.has(status) ? String(status) : `${Math.floor(status / 100)}xx`);
