import type { Logger } from 'pino';
import { SluiceError } from '../../../proto/errors.js';
import type { GatewayMetrics, LoginFailure } from '../../metrics/gateway-metrics.js';
import { AddressBuckets } from './address-buckets.js';

/** The console of somebody who has left calls dozens of addresses before anybody looks; a guesser never stops. */
const FAILURES = { burst: 100, perSecond: 5 };

export interface FailedLoginsDeps {
  log: Logger;
  metrics: Pick<GatewayMetrics, 'loginFailed'>;
  nowMs?: () => number;
}

export interface LoginOrigin {
  address: string;
  /** Method and resource, such as `POST /v1/events`: it tells a source from somebody who only looks. */
  call: string;
  /** `system:<id>` or `officer:<id>` whose token it was before it was renewed or withdrawn. */
  retiredTokenOf?: string | undefined;
}

/** The resource without what is below it. Of anything else the path is the caller's own text. */
const RESOURCE = /^\/(?:v1\/[a-z-]{1,40}|metrics)(?=[/?]|$)/;

export const callOf = ({ method, url }: { method?: string | undefined; url?: string | undefined }): string =>
  `${method} ${RESOURCE.exec(url ?? '')?.[0] ?? 'of no resource'}`;

/**
 * Counts, logs and slows down failed log-ins per client address. Only failures are counted and only failures are slowed:
 * a valid token is never looked at here, so nobody can lock a department out by guessing from its address.
 */
export class FailedLogins {
  readonly #buckets: AddressBuckets;

  constructor(private readonly deps: FailedLoginsDeps) {
    this.#buckets = new AddressBuckets({ ...FAILURES, ...(deps.nowMs && { nowMs: deps.nowMs }) });
  }

  /**
   * The answer to a failed log-in: NOT_AUTHENTICATED, or TOO_MANY where there were too many. The log alone says whose token it was once,
   * which distinguishes a program that was left with it from somebody who guesses.
   */
  refusal(from: LoginOrigin, failure: Exclude<LoginFailure, 'throttled'>, message: string): SluiceError {
    const { address, call, retiredTokenOf } = from;
    const isThrottled = !this.#buckets.take(address);
    // Nothing was guessed without a credential: the answer stays the one that tells a client to send it.
    if (isThrottled && failure !== 'missing') {
      this.deps.metrics.loginFailed('throttled');
      return new SluiceError('TOO_MANY', 'too many failed log-ins from this address: correct the token, then wait');
    }
    this.deps.metrics.loginFailed(failure);
    // A guesser must not fill the log either.
    if (!isThrottled) this.deps.log.warn({ address, failure, call, retiredTokenOf }, 'failed log-in');
    return new SluiceError('NOT_AUTHENTICATED', message);
  }
}
