import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { eventually, type Lane } from '../../conformance/lane.js';
import type { ConnectorContext } from '../connector-context.js';
import { Outbox } from './outbox.js';

/** More events than the pipeline holds in flight. */
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

/** The changes of one source, published to one lane by one process after the other. */
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

  /** Adds changes of the source, in order. */
  add(...changes: Change[]): SourceEvent[] {
    const events = changes.map((change, index): SourceEvent => {
      const number = this.#published.length + index + 1;
      const position = { id: `e:${number}`, sourceposition: String(number), sourceepoch: 'e' };
      return { specversion: '1.0', type: this.lane.entry, ...position, ...change };
    });
    this.#published.push(...events);
    return events;
  }

  /** Publishes the batches in a process of their own, which may crash before it confirms the last one. */
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

t.test('changes behind a refused change', async (t) => {
  const bus = await ConnectorBus.start(t);
  const register = async (t: Test): Promise<Register> => new Register(t, await bus.lane(t));

  for (const atomic of [false, true]) {
    const how = atomic ? 'in the same transaction' : 'in the same request';
    t.test(`the next change ${how} has the accepted values as previous image, later ones their own`, async (t) => {
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

  t.test('the next change in a later batch has the accepted values as previous image', async (t) => {
    const source = await register(t);
    await source.publish([source.add(create('a', 'd2')), source.add(move('a', ['d2', 'd1'], REFUSED))]);
    await source.publish([source.add(move('a', ['d1', 'd0'])), source.add(move('a', ['d0', 'd0'], 2))]);
    await source.publish([source.add(move('a', ['d0', 'd0'], 3))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('a second refused change keeps the accepted values', async (t) => {
    const source = await register(t);
    await source.publish([source.add(create('a', 'd2'))]);
    await source.publish([source.add(move('a', ['d2', 'd1'], REFUSED), move('a', ['d1', 'd3'], REFUSED))]);
    await source.publish([source.add(move('a', ['d3', 'd4'], REFUSED))]);
    await source.publish([source.add(end('a', 'd4'))]);
    t.same(await source.seenByD2(), ['create a', 'delete a']);
  });

  t.test('a record whose create was refused enters with its next change', async (t) => {
    const source = await register(t);
    await source.publish([
      source.add(create('a', 'd2', REFUSED), create('b', 'd2', REFUSED), create('c', 'd2', REFUSED)),
    ]);
    await source.publish([source.add(move('a', ['d2', 'd1']), end('b', 'd2'), move('c', ['d2', 'd2']))]);
    t.same(await source.seenByD2(), ['enter c']);
  });

  t.test('a create after a refused delete is delivered as leave to those whose rows had the record', async (t) => {
    const source = await register(t);
    const badEnd = { ...end('a', 'd2'), data: { shoeSize: 7 } };
    await source.publish([source.add(create('a', 'd2'), badEnd, create('a', 'd0'))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('the record is found when the source names it in the data only', async (t) => {
    const source = await register(t);
    const unnamed = (change: Change): Change => ({ ...change, subject: undefined });
    await source.publish([source.add(unnamed(create('a', 'd2')), unnamed(move('a', ['d2', 'd1'], REFUSED)))]);
    await source.publish([source.add(unnamed(move('a', ['d1', 'd0'])), unnamed(move('a', ['d0', 'd0'])))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('nothing is kept for a refused event that names no record', async (t) => {
    const source = await register(t);
    const malformed: Change = { op: 'create', data: { malformedLine: 'x' } as Change['data'] } as Change;
    await source.publish([source.add(malformed, create('a', 'd2'))]);
    t.same(await source.seenByD2(), ['create a']);
    await t.rejects(readFile(source.rememberedFile), { code: 'ENOENT' });
  });

  t.test('a change refused for its previous values leaves the next change its own ones', async (t) => {
    const source = await register(t);
    const unusable: Change = { ...move('a', ['d2', 'd1']), previous: { district: 5 } };
    await source.publish([source.add(create('a', 'd2'), unusable)]);
    await source.publish([source.add(move('a', ['d2', 'd0'])), source.add(create('b', 'd2'))]);
    t.same(await source.seenByD2(), ['create a', 'leave a', 'create b']);
    await eventually(async () => (await source.lane.quarantined()) === 1, 'the refusal');
  });

  t.test(
    'the next change in the same request is not refused for the refused values in its previous image',
    async (t) => {
      const source = await register(t);
      const ofNoType = { ...record('a', 'd1'), district: 5 };
      const refused: Change = { ...move('a', ['d2', 'd1']), data: ofNoType };
      const next: Change = { ...move('a', ['d1', 'd0']), previous: { district: 5 } };
      await source.publish([source.add(create('a', 'd2'), refused, next)]);
      t.same(await source.seenByD2(), ['create a', 'leave a']);
    },
  );

  for (const before of ['a few batches before', 'many batches before']) {
    t.test(`the next change of a record refused ${before} is right in a pipeline`, async (t) => {
      const source = await register(t);
      const changes: Change[] = [create('a', 'd2')];
      const fill = (count: number): void => {
        for (let i = 0; i < count; i++) changes.push(create(`x${changes.length}`, 'd0'));
      };
      fill(MANY / 2);
      changes.push(move('a', ['d2', 'd1'], REFUSED));
      fill(before === 'a few batches before' ? 1_500 : MANY);
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
    });
  }

  t.test('after a crash before the refusal was confirmed the next change is right', async (t) => {
    const source = await register(t);
    const first = source.add(create('a', 'd2'), move('a', ['d2', 'd1'], REFUSED));
    await source.publish([first], { crashes: true });
    await source.publish([first, source.add(move('a', ['d1', 'd0']))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });

  t.test('after two refusals and a crash the next change has the values stored between them', async (t) => {
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
  });

  t.test('after a crash behind a stored change the next change keeps its own previous values', async (t) => {
    const source = await register(t);
    const refused = source.add(create('a', 'd2'), move('a', ['d2', 'd1'], REFUSED));
    await source.publish([refused]);
    const remembered = await readFile(source.rememberedFile, 'utf8');
    const stored = source.add(move('a', ['d1', 'd0']));
    await source.publish([stored], { crashes: true });
    t.not(
      await readFile(source.rememberedFile, 'utf8'),
      remembered,
      'the file is written before the batch is confirmed',
    );
    // As if the crash had come before that write.
    await writeFile(source.rememberedFile, remembered);
    await source.publish([[...refused, ...stored], source.add(move('a', ['d0', 'd0'], 2))]);
    t.same(await source.seenByD2(), ['create a', 'leave a']);
  });
});
