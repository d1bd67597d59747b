import { isDeepStrictEqual } from 'node:util';
import type { ExpectedEvent } from '../../broker/leak-check/allowed/allowed-events.js';
import type { Run } from '../support/raw-client/raw-follower.js';
import type { RawSubscription } from '../support/raw-client/raw-subscription.js';

/** The model's expectation of everything that one follower may receive. */
export interface Expectation {
  /** All events of the log that grant and narrowing deliver, in ascending order. */
  events: readonly ExpectedEvent[];
  /** Acceptance time of the event at a position, as reported to a follower that receives all events. */
  timeAt(position: number): string | undefined;
  /** Start of the granted history; undefined when there is no such limit. */
  historyFromMs: number | undefined;
  /** End of the grant's period. */
  untilMs: number | undefined;
  /** Last position acknowledged to the publisher when a `latest` subscription was requested. */
  latestFloor: number;
}

/** Returns every difference between what a follower received and what it must receive. */
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

/** A run must be a range of the expected events without gap, duplicate or reorder, from its start on. */
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

/** Up to each position that the broker announces, every due event has arrived, and none beyond it. */
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

/** The start may move forward over events that the grant hides, but over no due event. */
function startByPosition(position: number, after: number, { events, historyFromMs }: Expectation): string[] {
  const isOver = events.some((event) => event.position > after && event.position <= position);
  const mayMove = historyFromMs !== undefined && position > after && !isOver;
  return position === after || mayMove ? [] : [`started after ${position} instead of ${after}`];
}

/** Exactly the events accepted at `fromMs` or later follow the start. */
function startByTime(position: number, { events, timeAt }: Expectation, fromMs = Number.NEGATIVE_INFINITY): string[] {
  for (const event of events) {
    const isLate = Date.parse(timeAt(event.position) ?? '') >= fromMs;
    if (event.position <= position && isLate) return [`started after ${position} and so without ${event.id}`];
    if (event.position > position && !isLate) return [`started after ${position} and so with ${event.id}`];
  }
  return [];
}
