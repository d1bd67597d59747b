import fc from 'fast-check';
import t from 'tap';
import { SluiceError } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames/frames.js';
import { type OutgoingEvent, PublishWindow } from './publish-window.js';

const LIMITS = { eventsMax: 6, bytesMax: 600, frameEventsMax: 3, frameBytesMax: 300 };
const retryLater = new SluiceError('STORE_UNAVAILABLE', 'the store is unavailable').toProblem();
const refusedForGood = new SluiceError('ITEM_INVALID', 'the item is invalid').toProblem();

interface Outcomes {
  stored: number[];
  refused: number[];
}

function outgoing(ordinal: number, outcomes: Outcomes, bytes = 100): OutgoingEvent {
  return {
    ordinal,
    id: `e${ordinal}`,
    text: '{}',
    bytes,
    stored: () => outcomes.stored.push(ordinal),
    refused: () => outcomes.refused.push(ordinal),
    abandoned: () => {},
  };
}

function windowWith(count: number): { window: PublishWindow; outcomes: Outcomes } {
  const window = new PublishWindow();
  const outcomes: Outcomes = { stored: [], refused: [] };
  for (let ordinal = 0; ordinal < count; ordinal++) window.add(outgoing(ordinal, outcomes));
  return { window, outcomes };
}

const ordinals = (frame: { events: OutgoingEvent[] } | undefined) => frame?.events.map((event) => event.ordinal);
const ok = (position: number): PublishResult => ({ position });

t.test('frames respect the limits and stop when the window is full', async (t) => {
  const { window } = windowWith(8);
  t.same(ordinals(window.nextFrame(LIMITS)), [0, 1, 2]);
  t.same(ordinals(window.nextFrame(LIMITS)), [3, 4, 5]);
  t.equal(window.nextFrame(LIMITS), undefined);
  window.answered('1', [ok(1), ok(2), ok(3)]);
  t.same(ordinals(window.nextFrame(LIMITS)), [6, 7]);
});

t.test(
  'after a retryable problem that event and all behind it are sent again, in order, once all in flight is answered',
  async (t) => {
    const { window, outcomes } = windowWith(7);
    window.nextFrame(LIMITS);
    window.nextFrame(LIMITS);
    window.answered('1', [ok(1), { problem: retryLater }, { problem: retryLater }]);
    t.equal(window.nextFrame(LIMITS), undefined, 'no new event is sent while a retry is due');
    t.notOk(window.mustRetry);
    window.answered('2', [ok(2), { problem: refusedForGood }, ok(3)]);
    t.ok(window.mustRetry);
    t.same(outcomes, { stored: [0], refused: [4] });
    window.retry();
    t.same(ordinals(window.nextFrame(LIMITS)), [1, 2, 3]);
    t.same(ordinals(window.nextFrame(LIMITS)), [5, 6]);
  },
);

t.test('after a lost connection the unanswered events are sent again in order', async (t) => {
  const { window } = windowWith(5);
  window.nextFrame(LIMITS);
  window.nextFrame(LIMITS);
  window.answered('1', [ok(1), ok(2), ok(3)]);
  window.connectionLost();
  window.retry();
  t.same(ordinals(window.nextFrame(LIMITS)), [3, 4]);
});

t.test('an event larger than a frame is refused without being sent', async (t) => {
  const { window, outcomes } = windowWith(0);
  window.add(outgoing(0, outcomes, 301));
  window.add(outgoing(1, outcomes));
  t.same(ordinals(window.nextFrame(LIMITS)), [1]);
  t.same(outcomes.refused, [0]);
});

t.test('an answer that matches no frame in flight is not accepted', async (t) => {
  const { window } = windowWith(3);
  window.nextFrame(LIMITS);
  t.notOk(window.answered('9', [ok(1)]));
  t.notOk(window.answered('1', [ok(1)]));
});

t.test('for any sequence of answers every event is settled once and the stored ones in order', async (t) => {
  const fate = fc.constantFrom('stored', 'stored', 'stored', 'later', 'never', 'lost');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fate, { maxLength: 200 }), (count, fates) => {
      const { window, outcomes } = windowWith(count);
      const decisions = fates[Symbol.iterator]();
      const nextAnswer = () => decisions.next().value ?? 'stored';
      for (let attempt = 0; attempt < 1_000 && outcomes.stored.length + outcomes.refused.length < count; attempt++) {
        const frames = [window.nextFrame(LIMITS), window.nextFrame(LIMITS)].filter((frame) => frame !== undefined);
        for (const frame of frames) {
          const results = frame.events.map((event) => resultOf(nextAnswer(), event.ordinal));
          if (results.some((result) => result === undefined)) window.connectionLost();
          else window.answered(frame.ref, results as PublishResult[]);
        }
        window.connectionLost();
        window.retry();
      }
      t.same(
        outcomes.stored,
        [...outcomes.stored].sort((a, b) => a - b),
      );
      t.same(
        [...outcomes.stored, ...outcomes.refused].sort((a, b) => a - b),
        [...Array(count).keys()],
      );
    }),
    { numRuns: 200 },
  );
});

function resultOf(fate: string, ordinal: number): PublishResult | undefined {
  if (fate === 'lost') return undefined;
  if (fate === 'stored') return { position: ordinal + 1 };
  return { problem: fate === 'later' ? retryLater : refusedForGood };
}
