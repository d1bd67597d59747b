import fc from 'fast-check';
import t from 'tap';
import { SluiceError } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames/frames.js';
import { type Outgoing, PublishWindow } from './publish-window.js';

const LIMITS = { eventsMax: 6, bytesMax: 600, frameEventsMax: 3, frameBytesMax: 300 };
const later = new SluiceError('STORE_UNAVAILABLE', 'away').toProblem();
const never = new SluiceError('ITEM_INVALID', 'wrong').toProblem();

interface Told {
  stored: number[];
  refused: number[];
}

function outgoing(place: number, told: Told, bytes = 100): Outgoing {
  return {
    place,
    id: `e${place}`,
    text: '{}',
    bytes,
    stored: () => told.stored.push(place),
    refused: () => told.refused.push(place),
    abandoned: () => {},
  };
}

function windowWith(count: number): { window: PublishWindow; told: Told } {
  const window = new PublishWindow();
  const told: Told = { stored: [], refused: [] };
  for (let place = 0; place < count; place++) window.add(outgoing(place, told));
  return { window, told };
}

const places = (frame: { events: Outgoing[] } | undefined) => frame?.events.map((event) => event.place);
const ok = (position: number): PublishResult => ({ position });

t.test('frames hold what the limits allow and stop when the window is full', async (t) => {
  const { window } = windowWith(8);
  t.same(places(window.nextFrame(LIMITS)), [0, 1, 2]);
  t.same(places(window.nextFrame(LIMITS)), [3, 4, 5]);
  t.equal(window.nextFrame(LIMITS), undefined);
  window.answered('1', [ok(1), ok(2), ok(3)]);
  t.same(places(window.nextFrame(LIMITS)), [6, 7]);
});

t.test('after a "later" everything from there on goes again, in order, once all is answered', async (t) => {
  const { window, told } = windowWith(7);
  window.nextFrame(LIMITS);
  window.nextFrame(LIMITS);
  window.answered('1', [ok(1), { problem: later }, { problem: later }]);
  t.equal(window.nextFrame(LIMITS), undefined, 'nothing new while a retry is due');
  t.notOk(window.mustRetry);
  window.answered('2', [ok(2), { problem: never }, ok(3)]);
  t.ok(window.mustRetry);
  t.same(told, { stored: [0], refused: [4] });
  window.retry();
  t.same(places(window.nextFrame(LIMITS)), [1, 2, 3]);
  t.same(places(window.nextFrame(LIMITS)), [5, 6]);
});

t.test('a lost connection sends what has no answer again', async (t) => {
  const { window } = windowWith(5);
  window.nextFrame(LIMITS);
  window.nextFrame(LIMITS);
  window.answered('1', [ok(1), ok(2), ok(3)]);
  window.lost();
  window.retry();
  t.same(places(window.nextFrame(LIMITS)), [3, 4]);
});

t.test('an event that fits no frame is refused here', async (t) => {
  const { window, told } = windowWith(0);
  window.add(outgoing(0, told, 301));
  window.add(outgoing(1, told));
  t.same(places(window.nextFrame(LIMITS)), [1]);
  t.same(told.refused, [0]);
});

t.test('an answer that fits no frame is not believed', async (t) => {
  const { window } = windowWith(3);
  window.nextFrame(LIMITS);
  t.notOk(window.answered('9', [ok(1)]));
  t.notOk(window.answered('1', [ok(1)]));
});

t.test('whatever the bus answers, every event is settled once and the stored ones in their order', async (t) => {
  const fate = fc.constantFrom('stored', 'stored', 'stored', 'later', 'never', 'lost');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fate, { maxLength: 200 }), (count, fates) => {
      const { window, told } = windowWith(count);
      const decisions = fates[Symbol.iterator]();
      const nextFate = () => decisions.next().value ?? 'stored';
      for (let round = 0; round < 1_000 && told.stored.length + told.refused.length < count; round++) {
        const frames = [window.nextFrame(LIMITS), window.nextFrame(LIMITS)].filter((frame) => frame !== undefined);
        for (const frame of frames) {
          const results = frame.events.map((event) => resultOf(nextFate(), event.place));
          if (results.some((result) => result === undefined)) window.lost();
          else window.answered(frame.ref, results as PublishResult[]);
        }
        window.lost();
        window.retry();
      }
      t.same(
        told.stored,
        [...told.stored].sort((a, b) => a - b),
      );
      t.same(
        [...told.stored, ...told.refused].sort((a, b) => a - b),
        [...Array(count).keys()],
      );
    }),
    { numRuns: 200 },
  );
});

function resultOf(fate: string, place: number): PublishResult | undefined {
  if (fate === 'lost') return undefined;
  if (fate === 'stored') return { position: place + 1 };
  return { problem: fate === 'later' ? later : never };
}
