import t, { type Test } from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { eventually, type Lane, person } from '../../conformance/lane.js';
import { Outbox } from './outbox.js';
import type { ChangeBatch } from './source.js';

const EVENTS = 12_000;
const PER_BATCH = 40;

/** A source that adds transactions as fast as the outbox accepts them. */
class BusySource {
  readonly confirmed: number[] = [];
  readonly outbox: Outbox;
  readonly #ending = new AbortController();

  constructor(
    t: Test,
    private readonly lane: Lane,
    private readonly bad: ReadonlySet<number> = new Set(),
  ) {
    const onFailure = () => t.fail('the outbox gave up');
    this.outbox = new Outbox(lane.sourceContext('busy'), this.#ending.signal, onFailure);
    t.teardown(() => this.#ending.abort());
  }

  async publishAll(): Promise<void> {
    for (let first = 0; first < EVENTS; first += PER_BATCH) await this.outbox.add(this.#batch(first));
    await this.outbox.idle();
  }

  async publishOne(first: number): Promise<void> {
    await this.outbox.add(this.#batch(first));
    await this.outbox.idle();
  }

  #batch(first: number): ChangeBatch {
    const events = Array.from({ length: PER_BATCH }, (_none, i) => this.#event(first + i));
    return { events, atomic: true, confirm: () => void this.confirmed.push(first) };
  }

  #event(number: number): SourceEvent {
    const data = { ...person(number), age: this.bad.has(number) ? -1 : number };
    const position = { id: `e:${number}`, sourceposition: `${number + 1}`, sourceepoch: 'e' };
    return { specversion: '1.0', type: this.lane.entry, op: 'create', data, ...position };
  }
}

const numbers = (count: number, step = 1): number[] => Array.from({ length: count }, (_none, i) => i * step);

/** Frames with events that the bus has received over sessions. */
async function publishFrames(bus: ConnectorBus): Promise<number> {
  const metrics = await (await fetch(`${bus.broker.url}/metrics`)).text();
  return Number(/sluice_frames_received_total\{kind="publish"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

async function ages(lane: Lane): Promise<number[]> {
  return (await lane.delivered()).map(({ data }) => data?.age as number);
}

t.test('outbox with several batches in flight', async (t) => {
  const bus = await ConnectorBus.start(t);

  t.test('events are stored once and in order, and batches are confirmed in order', async (t) => {
    const lane = await bus.lane(t);
    const source = new BusySource(t, lane);
    await source.publishAll();
    t.same(await ages(lane), numbers(EVENTS));
    t.same(source.confirmed, numbers(EVENTS / PER_BATCH, PER_BATCH));
    t.ok((await publishFrames(bus)) > 0, 'publishing is pipelined');
  });

  t.test('changes that come one at a time go over the session too', async (t) => {
    const source = new BusySource(t, await bus.lane(t));
    const before = await publishFrames(bus);
    let next = 0;
    await eventually(async () => {
      await source.publishOne(next++ * PER_BATCH);
      return (await publishFrames(bus)) > before;
    }, 'a change that was published over the session');
  });

  t.test('a refused record goes to quarantine and no later event is lost', async (t) => {
    const lane = await bus.lane(t);
    const bad = new Set([3_333, 3_334, 7_000, 11_111]);
    const source = new BusySource(t, lane, bad);
    await source.publishAll();
    t.same(
      await ages(lane),
      numbers(EVENTS).filter((number) => !bad.has(number)),
    );
    t.equal(source.confirmed.length, EVENTS / PER_BATCH);
    await eventually(async () => (await lane.quarantined()) === bad.size, 'the refused events in quarantine');
  });

  t.test('repeatedly lost connections neither lose nor reorder events', async (t) => {
    const lane = await bus.lane(t);
    const source = new BusySource(t, lane, new Set([5_000]));
    const publishing = source.publishAll();
    for (let part = 1; part <= 8; part++) {
      await eventually(() => source.confirmed.length > part * 30, 'a part of the confirmations');
      await lane.cut();
      await lane.restore();
    }
    await publishing;
    t.same(
      await ages(lane),
      numbers(EVENTS).filter((number) => number !== 5_000),
    );
  });
});
