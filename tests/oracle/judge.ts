import { isDeepStrictEqual } from 'node:util';
import type { Run } from '../support/raw-client/raw-follower.js';
import type { RawSubscription } from '../support/raw-client/raw-subscription.js';
import type { ExpectedEvent } from './model/model-delivery.js';

/** What is known beforehand about everything that one follower may see. */
export interface Expectation {
  /** Ascending; all events of the log that the grant and the narrowing let through. */
  events: readonly ExpectedEvent[];
  /** When the bus accepted the event at a position, as told to a follower that sees them all. */
  timeAt(position: number): string | undefined;
  /** The grant may not look back before this; undefined: it may see everything. */
  historyFromMs: number | undefined;
  /** The grant's end. */
  untilMs: number | undefined;
  /** What had been acknowledged to the publisher when a `latest` subscription was asked for. */
  latestFloor: number;
}

/** Everything that is wrong with what a follower saw; empty when it saw what it must. */
export function judge(runs: readonly Run[], expectation: Expectation): string[] {
  return runs.flatMap((run, index) => {
    const { subscription } = run;
    const due = dueAfter(expectation.events, subscription.subscribed.position);
    const findings = [
      ...subscription.breaches,
      ...startFindings(run, expectation),
      ...eventFindings(run, due, expectation),
      ...markFindings(subscription, due),
      ...ackFindings(subscription),
    ];
    return findings.map((finding) => `run ${index + 1} of grant ${subscription.subscribed.grant}: ${finding}`);
  });
}

function dueAfter(events: readonly ExpectedEvent[], position: number): readonly ExpectedEvent[] {
  const first = events.findIndex((event) => event.position > position);
  return first < 0 ? [] : events.slice(first);
}

/** One run is a stretch of the expected events without gap, double or reorder, from its start on. */
function eventFindings(run: Run, due: readonly ExpectedEvent[], expectation: Expectation): string[] {
  for (const [index, { time, ...event }] of run.subscription.events.entries()) {
    if (!isDeepStrictEqual(event, due[index])) {
      return [`event ${index + 1} is ${JSON.stringify(event)} instead of ${JSON.stringify(due[index])}`];
    }
    if (time !== expectation.timeAt(event.position)) {
      return [`${event.id} has the time ${time}, not ${expectation.timeAt(event.position)}`];
    }
    if (Date.parse(time) > (expectation.untilMs ?? Number.POSITIVE_INFINITY)) {
      return [`${event.id} was accepted after the grant had expired`];
    }
    if (event.position > (run.ceiling ?? Number.POSITIVE_INFINITY)) {
      return [`${event.id} was published after the grant had been suspended`];
    }
  }
  return [];
}

/** Whatever position the broker announces, all that is due up to it has come, and nothing beyond it. */
function markFindings(subscription: RawSubscription, due: readonly ExpectedEvent[]): string[] {
  const { events, ended } = subscription;
  const marks = ended
    ? [...subscription.progress, { kind: 'ended', position: ended.lastPosition, eventsBefore: events.length }]
    : subscription.progress;
  let count = 0;
  let before = subscription.subscribed.position;
  for (const { kind, position, eventsBefore } of marks) {
    if (position < before) return [`${kind} ${position} comes after ${before}`];
    before = position;
    while ((due[count]?.position ?? Number.POSITIVE_INFINITY) <= position) count++;
    if (count !== eventsBefore) return [`${kind} ${position} after ${eventsBefore} events, not ${count}`];
  }
  return [];
}

function ackFindings({ acked, sentAcks }: RawSubscription): string[] {
  const greatest = sentAcks.reduce((a, b) => Math.max(a, b), 0);
  for (const [index, position] of acked.entries()) {
    if (position > greatest) return [`acked ${position}, which nobody acknowledged`];
    if (position < (acked[index - 1] ?? 0)) return [`acked went back to ${position}`];
  }
  return [];
}

function startFindings(run: Run, expectation: Expectation): string[] {
  const { from, ackedBefore, ackSentBefore, subscription } = run;
  const { position } = subscription.subscribed;
  if (from === 'latest') return position >= expectation.latestFloor ? [] : [`latest started early, after ${position}`];
  if (from === 'earliest') return startByTime(position, expectation, expectation.historyFromMs);
  if (from !== 'cursor') {
    if ('time' in from) return startByTime(position, expectation, Date.parse(from.time));
    return startByPosition(position, from.after, expectation);
  }
  if (ackedBefore === undefined) {
    const asWithoutCursor = startByTime(position, expectation, expectation.historyFromMs);
    if (asWithoutCursor.length === 0 || ackSentBefore === undefined) return asWithoutCursor;
  }
  if (position < (ackedBefore ?? 0)) return [`started after ${position} although ${ackedBefore} was acked`];
  return position <= (ackSentBefore ?? 0) ? [] : [`started after ${position}, beyond the last ack ${ackSentBefore}`];
}

/** Where the grant's past has grown since by what is hidden, the start may move on, but over nothing that is due. */
function startByPosition(position: number, after: number, { events, historyFromMs }: Expectation): string[] {
  const isOver = events.some((event) => event.position > after && event.position <= position);
  const mayMove = historyFromMs !== undefined && position > after && !isOver;
  return position === after || mayMove ? [] : [`started after ${position} instead of ${after}`];
}

/** All that was accepted at `fromMs` or later lies ahead, and nothing else does. */
function startByTime(position: number, { events, timeAt }: Expectation, fromMs = Number.NEGATIVE_INFINITY): string[] {
  for (const event of events) {
    const isLate = Date.parse(timeAt(event.position) ?? '') >= fromMs;
    if (event.position <= position && isLate) return [`started after ${position} and so without ${event.id}`];
    if (event.position > position && !isLate) return [`started after ${position} and so with ${event.id}`];
  }
  return [];
}
