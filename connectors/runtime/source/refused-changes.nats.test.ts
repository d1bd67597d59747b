import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { eventually, type Lane } from '../../conformance/lane.js';
import type { ConnectorContext } from '../connector-context.js';
import { Outbox } from './outbox.js';

/** More than the rounds that may be under way at a time. */
const MANY = 6_000;
const PER_BATCH = 40;

type Change = Pick<SourceEvent, 'op' | 'subject' | 'data' | 'previous'>;

const REFUSED = -1;
const record = (id: string, district: string, age = 1) => ({ id, name: 'Somebody', age, district });
const create = (id: string, district: string, age?: number): Change => ({
  op: 'create',
  subject: id,
  data: record(id, district, age),
});
const move = (id: string, [from, to]: [string, string], age?: number): Change => ({
  op: 'update',
  subject: id,
  data: record(id, to, age),
  previous: { district: from },
});
const end = (id: string, from: string): Change => ({ op: 'delete', subject: id, previous: { district: from } });

/** The changes of one source, told to one lane by one process after the other. */
class Register {
  readonly context: ConnectorContext;
  readonly #published: SourceEvent[] = [];

  constructor(
    private readonly t: Test,
    readonly lane: Lane,
  ) {
    this.context = lane.sourceContext('register');
  }

  get rememberedFile(): string {
    return join(this.context.stateFolder, 'register.former-values.json');
  }

  /** What happened at the source, in order. */
  add(...changes: Change[]): SourceEvent[] {
    const events = changes.map((change, index): SourceEvent => {
      const number = this.#published.length + index + 1;
      const position = { id: `e:${number}`, sourceposition: String(number), sourceepoch: 'e' };
      return { specversion: '1.0', type: this.lane.entry, ...position, ...change };
    });
    this.#published.push(...events);
    return events;
  }

  /** A process that tells these batches, and dies before it has confirmed the last one where that is asked for. */
  async publish(batches: SourceEvent[][], { atomic = false, crashes = false } = {}): Promise<void> {
    const ending = new AbortController();
    this.t.teardown(() => ending.abort());
    const outbox = new Outbox(this.context, ending.signal, () => undefined);
    const killed = new Error('killed');
    for (const [index, events] of batches.entries()) {
      const isLast = index === batches.length - 1;
      const confirm = (): void => {
        if (isLast && crashes) throw killed;
      };
      await outbox.add({ events, atomic, confirm });
    }
    if (crashes) await this.t.rejects(outbox.idle(), killed);
    else await outbox.idle();
    ending.abort();
    await outbox.ended().catch(() => undefined);
  }

  async seenByD2(): Promise<string[]> {
    return (await this.lane.deliveredOfD2()).map(({ op, subject }) => `${op} ${subject}`);
  }
}

t.test('after a change that the bus has refused', async (t) => {
  const bus = await ConnectorBus.start(t);
  const register = async (t: Test): Promise<Register> => new Register(t, await bus.lane(t));

  for (const atomic of [false, true]) {
    const how = atomic ? 'of the same transaction' : 'of the same request';
    t.test(`the next one ${how} is told from what the bus has, and those behind it from their own`, async (t) => {
      const source = await register(t);
      const changes = source.add(
        create('a', 'd2'),
        create('b', 'd2'),
        move('a', ['d2', 'd1'], REFUSED),
        move('a', ['d1', 'd0']),
        move('a', ['d0', 'd0'], 2),
        move('a', ['d0', 'd2']),
        move('a', ['d2', 'd1'], REFUSED),
        end('a', 'd1'),
        end('b', 'd2'),
      );
      await source.publish([changes], { atomic });
      t.same(await source.seenByD2(), ['create a', 'create b', 'leave a', 'enter a', 'delete a', 'delete b']);
      t.same(
        (await source.lane.delivered()).map(({ op, subject }) => `${op} ${subject}`),
        ['create a', 'create b', 'update a', 'update a', 'update a', 'delete a', 'delete b'],
      );
    });
  }

  t.test('the next one in a later round is, once', async (t) => {
    const source = await register(t);
    await source.publish([source.add(create('a', 'd2')), source.add(move('a', ['d2', 'd1'], REFUSED))]);
    await source.publish([source.add(move('a', ['d1', 'd0'])), source.add(move('a', ['d0', 'd0'], 2))]);
    await source.publish([source.add(move('a', ['d0', 'd0'], 3))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('another one that is refused too changes nothing of it', async (t) => {
    const source = await register(t);
    await source.publish([source.add(create('a', 'd2'))]);
    await source.publish([source.add(move('a', ['d2', 'd1'], REFUSED), move('a', ['d1', 'd3'], REFUSED))]);
    await source.publish([source.add(move('a', ['d3', 'd4'], REFUSED))]);
    await source.publish([source.add(end('a', 'd4'))]);
    t.same(await source.seenByD2(), ['create a', 'delete a']);
  });

  t.test('nobody hears of a record that was never created at the bus', async (t) => {
    const source = await register(t);
    await source.publish([
      source.add(create('a', 'd2', REFUSED), create('b', 'd2', REFUSED), create('c', 'd2', REFUSED)),
    ]);
    await source.publish([source.add(move('a', ['d2', 'd1']), end('b', 'd2'), move('c', ['d2', 'd2']))]);
    t.same(await source.seenByD2(), ['enter c']);
  });

  t.test('a record that begins anew after a refused end is a changed one', async (t) => {
    const source = await register(t);
    const badEnd = { ...end('a', 'd2'), data: { shoeSize: 7 } };
    await source.publish([source.add(create('a', 'd2'), badEnd, create('a', 'd0'))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('its record is found where the source names it in the data alone', async (t) => {
    const source = await register(t);
    const unnamed = (change: Change): Change => ({ ...change, subject: undefined });
    await source.publish([source.add(unnamed(create('a', 'd2')), unnamed(move('a', ['d2', 'd1'], REFUSED)))]);
    await source.publish([source.add(unnamed(move('a', ['d1', 'd0'])), unnamed(move('a', ['d0', 'd0'])))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('that names no record, nothing is remembered', async (t) => {
    const source = await register(t);
    const malformed: Change = { op: 'create', data: { malformedLine: 'x' } as Change['data'] } as Change;
    await source.publish([source.add(malformed, create('a', 'd2'))]);
    t.same(await source.seenByD2(), ['create a']);
    await t.rejects(readFile(source.rememberedFile), { code: 'ENOENT' });
  });

  t.test('for its former values, the next one goes with its own', async (t) => {
    const source = await register(t);
    const unusable: Change = { ...move('a', ['d2', 'd1']), previous: { district: 5 } };
    await source.publish([source.add(create('a', 'd2'), unusable)]);
    await source.publish([source.add(move('a', ['d2', 'd0'])), source.add(create('b', 'd2'))]);
    t.same(await source.seenByD2(), ['create a', 'leave a', 'create b']);
    await eventually(async () => (await source.lane.quarantined()) === 1, 'the refusal');
  });

  t.test(
    'the next one of the same request is not refused for the refused values that its source takes for former',
    async (t) => {
      const source = await register(t);
      const ofNoType = { ...record('a', 'd1'), district: 5 };
      const refused: Change = { ...move('a', ['d2', 'd1']), data: ofNoType };
      const next: Change = { ...move('a', ['d1', 'd0']), previous: { district: 5 } };
      await source.publish([source.add(create('a', 'd2'), refused, next)]);
      t.same(await source.seenByD2(), ['create a', 'leave a']);
    },
  );

  for (const before of ['rounds before', 'many rounds before']) {
    t.test(
      `that was refused ${before}, the next one is told right among rounds that go ahead of their answers`,
      async (t) => {
        const source = await register(t);
        const changes: Change[] = [create('a', 'd2')];
        const fill = (count: number): void => {
          for (let i = 0; i < count; i++) changes.push(create(`x${changes.length}`, 'd0'));
        };
        fill(MANY / 2);
        changes.push(move('a', ['d2', 'd1'], REFUSED));
        fill(before === 'rounds before' ? 1_500 : MANY);
        changes.push(move('a', ['d1', 'd0']));
        fill(100);
        changes.push(move('a', ['d0', 'd0'], 2));
        fill(MANY / 2);
        const events = source.add(...changes);
        const batches: SourceEvent[][] = [];
        for (let first = 0; first < events.length; first += PER_BATCH)
          batches.push(events.slice(first, first + PER_BATCH));
        await source.publish(batches, { atomic: true });
        t.same(await source.seenByD2(), ['create a', 'leave a']);
        t.equal((await source.lane.delivered()).length, events.length - 1);
      },
    );
  }

  t.test('and a crash before it was confirmed, the next one is told right', async (t) => {
    const source = await register(t);
    const first = source.add(create('a', 'd2'), move('a', ['d2', 'd1'], REFUSED));
    await source.publish([first], { crashes: true });
    await source.publish([first, source.add(move('a', ['d1', 'd0']))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test(
    'and another refusal of the record, and a crash, the next one is told from what is between them',
    async (t) => {
      const source = await register(t);
      const changes = source.add(
        create('a', 'd0'),
        move('a', ['d0', 'd1'], REFUSED),
        move('a', ['d1', 'd2']),
        move('a', ['d2', 'd1'], REFUSED),
      );
      await source.publish([changes], { crashes: true });
      await source.publish([changes, source.add(move('a', ['d1', 'd0']))]);
      t.same(await source.seenByD2(), ['enter a', 'leave a']);
    },
  );

  t.test('a crash behind a stored one leaves the one after that its own values', async (t) => {
    const source = await register(t);
    const refused = source.add(create('a', 'd2'), move('a', ['d2', 'd1'], REFUSED));
    await source.publish([refused]);
    const remembered = await readFile(source.rememberedFile, 'utf8');
    const stored = source.add(move('a', ['d1', 'd0']));
    await source.publish([stored], { crashes: true });
    t.not(await readFile(source.rememberedFile, 'utf8'), remembered, 'written before it is confirmed');
    // As if it had come before that.
    await writeFile(source.rememberedFile, remembered);
    await source.publish([[...refused, ...stored], source.add(move('a', ['d0', 'd0'], 2))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });
});
