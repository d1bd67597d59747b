import { nowMicros } from '../harness/clock.js';
import { Histogram } from '../harness/histogram.js';

/** Matches published events with their answers, which come in the order of publishing. */
export class AnsweredEvents {
  unanswered = 0;
  acknowledged = 0;
  refused = 0;
  refusal: string | undefined;
  latency = new Histogram();
  readonly #sent: { count: number; atMicros: number }[] = [];

  sent(count: number): void {
    this.unanswered += count;
    this.#sent.push({ count, atMicros: nowMicros() });
  }

  answered(count: number, problems: string[] = []): void {
    this.unanswered -= count;
    this.refused += problems.length;
    this.acknowledged += count - problems.length;
    this.refusal ??= problems[0];
    const now = nowMicros();
    for (let left = count; left > 0; ) {
      const oldest = this.#sent[0];
      if (!oldest) return;
      const taken = Math.min(left, oldest.count);
      this.latency.record(now - oldest.atMicros);
      oldest.count -= taken;
      left -= taken;
      if (oldest.count === 0) this.#sent.shift();
    }
  }
}
