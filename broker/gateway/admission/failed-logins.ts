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
  /** `system:<id>` or `officer:<id>` whose token it was before it was renewed or withdrawn. */
  retiredTokenOf?: string | undefined;
}

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
   * The answer to a failed log-in: NOT_AUTHENTICATED, or TOO_MANY where there were too many. The log alone says whose token it was once:
   * a program that was left with it is told from somebody who guesses.
   */
  refusal(from: LoginOrigin, failure: Exclude<LoginFailure, 'throttled'>, message: string): SluiceError {
    const { address } = from;
    const isThrottled = !this.#buckets.take(address);
    // Nothing was guessed without a credential: the answer stays the one that tells a client to send it.
    if (isThrottled && failure !== 'missing') {
      this.deps.metrics.loginFailed('throttled');
      return new SluiceError('TOO_MANY', 'too many failed log-ins from this address: correct the token, then wait');
    }
    this.deps.metrics.loginFailed(failure);
    // A guesser must not fill the log either.
    if (!isThrottled) this.deps.log.warn({ ...from, failure }, 'failed log-in');
    return new SluiceError('NOT_AUTHENTICATED', message);
  }
}
