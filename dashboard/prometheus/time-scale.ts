const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** A duration as Prometheus writes it, with one unit: `5m`, `28d`. */
export type PromDuration = `${number}${Unit}`;

/** Seven scrapes in a row may fail. */
const HELD: PromDuration = '2m';

function millisecondsOf(duration: PromDuration): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(duration) as unknown as [string, string, Unit];
  return Number(amount) * UNIT_MS[unit];
}

/** Divides every duration of the rules by one factor, so that a test sees in seconds what production sees in hours. */
export class TimeScale {
  /** `ownFactor` is for a bus whose own intervals are shortened too. */
  constructor(
    private readonly factor = 1,
    private readonly ownFactor = 1,
  ) {
    for (const one of [factor, ownFactor]) {
      if (!(one >= 1)) throw new RangeError(`the time scale must be 1 or more, not ${one}`);
    }
  }

  /** The shortened duration in seconds, for a comparison with a time. */
  seconds(wanted: PromDuration): number {
    return millisecondsOf(wanted) / this.factor / 1000;
  }

  /**
   * In seconds, for a comparison with what brokers and canaries do at intervals of their own, such as seals every hour: rules that are
   * evaluated more often make none of them quicker, and a shortened limit would be exceeded on every bus.
   */
  ownSeconds(wanted: PromDuration): number {
    return millisecondsOf(wanted) / this.ownFactor / 1000;
  }

  /**
   * The newest sample of a while: a failed scrape would end the series, and begin the wait of an alert anew
   * (docs/decisions/0323).
   */
  held(series: string): string {
    return `last_over_time(${series}[${this.duration(HELD)}])`;
  }

  /** The shortened duration; `5m` stays `5m` at factor 1. Never below a millisecond. */
  duration(wanted: PromDuration): PromDuration {
    if (this.factor === 1) return wanted;
    return `${Math.max(1, Math.round(millisecondsOf(wanted) / this.factor))}ms`;
  }
}
