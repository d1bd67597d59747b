import t from 'tap';
import { SluiceError } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Intake } from '../../intake/intake.js';
import type { SystemCaller } from '../../parties/caller.js';
import type { Lease } from '../../parties/leases/leases.js';
import { publishStream, REFUSED_IN_A_ROW_MAX } from './event-stream-input.js';

const LEASE = { signal: new AbortController().signal } as Lease;
const refused = (code: 'EVENT_INVALID' | 'STORE_FULL'): PublishResult => ({
  id: undefined,
  problem: new SluiceError(code, 'x').toProblem(),
});

/** Sends lines to an intake that answers each by its value, after `delayMs`; returns the results as they were read. */
async function run(lines: string[], delayMs = 0, pause?: (taken: number) => Promise<void>) {
  let taken = 0;
  const publish = async (_caller: unknown, events: readonly unknown[]): Promise<PublishResult[]> => {
    taken += events.length;
    const results = events.map((event, i) =>
      event === 0 ? refused('EVENT_INVALID') : event === 1 ? refused('STORE_FULL') : { id: 'e', position: i + 1 },
    );
    if (delayMs > 0 && results.some(({ position }) => position)) await new Promise((r) => setTimeout(r, delayMs));
    return results;
  };
  const counted: string[] = [];
  const refusedBefore = (code: string): void => void counted.push(code);
  const intake = { publish, refusedBefore, backpressure: () => undefined } as unknown as Intake;
  async function* body(): AsyncGenerator<Buffer> {
    for (let i = 0; i < lines.length; i += 5_000) yield Buffer.from(`${lines.slice(i, i + 5_000).join('\n')}\n`);
  }
  const read: PublishResult[] = [];
  const stream = { intake, caller: {} as never, body: body(), maxEventBytes: 1_000, onlyProblems: false, lease: LEASE };
  for await (const text of publishStream({ ...stream, ending: new AbortController().signal })) {
    for (const line of text.trim().split('\n')) read.push(JSON.parse(line) as PublishResult);
    await pause?.(taken);
  }
  return { read, taken, counted };
}

t.test('lines of a system wait for one turn each, whatever number of uploads another system has', async (t) => {
  const calls: string[] = [];
  const publish = async ({ id }: { id: string }, events: readonly unknown[]): Promise<PublishResult[]> => {
    calls.push(id);
    for (const until = performance.now() + 2; performance.now() < until; );
    return events.map((_event, i) => ({ id: 'e', position: i + 1 }));
  };
  const intake = { publish, backpressure: () => undefined } as unknown as Intake;
  const upload = async (id: string, lines: number): Promise<void> => {
    async function* body(): AsyncGenerator<Buffer> {
      for (let i = 0; i < lines; i++) yield Buffer.from('{}\n');
    }
    const lease = { signal: new AbortController().signal } as Lease;
    const caller: SystemCaller = { kind: 'system', id, party: 'p', may: ['publish'] };
    const stream = { intake, caller, body: body(), maxEventBytes: 1_000, onlyProblems: true, lease };
    for await (const _text of publishStream({ ...stream, ending: new AbortController().signal }));
  };
  const flood = Promise.all(Array.from({ length: 40 }, () => upload('flood', 20)));
  await upload('honest', 10);
  const before = calls.filter((id) => id === 'flood').length;
  await flood;
  t.ok(before < 100, `${before} calls of the flood came before the tenth of the honest system`);
});

t.test('lines that are no event, and the one at which a stream ends, are counted as refused', async (t) => {
  const { read, counted } = await run(['{"id":', '2', 'x'.repeat(30_000), '0']);
  t.strictSame(counted, ['BAD_JSON', 'TOO_LARGE'], JSON.stringify(read));
  const ended = await run(Array<string>(2_000).fill('0'));
  t.strictSame(ended.counted, ['TOO_LARGE']);
});

t.test('a stream of refused lines ends after a thousand with one TOO_LARGE that names the line', async (t) => {
  const { read, taken } = await run(Array<string>(100_000).fill('0'));
  t.equal(read.length, REFUSED_IN_A_ROW_MAX + 1);
  t.equal(taken, REFUSED_IN_A_ROW_MAX);
  t.match(read.at(-1), { line: REFUSED_IN_A_ROW_MAX + 1, problem: { code: 'TOO_LARGE', status: 413 } });
  t.match(read.at(-2), { line: REFUSED_IN_A_ROW_MAX, problem: { code: 'EVENT_INVALID' } });
});

t.test('a stream goes on while a line in a thousand is stored, whichever results come first', async (t) => {
  const lines = Array.from({ length: 20_000 }, (_none, i) => (i % 900 === 0 ? '2' : '0'));
  const { read } = await run(lines, 2);
  t.equal(read.length, lines.length);
});

t.test('lines that failed for the moment do not end a stream', async (t) => {
  const { read } = await run(Array<string>(5_000).fill('1'));
  t.equal(read.length, 5_000);
});

t.test('a stream is not read on while its results are not', async (t) => {
  const lines = Array.from({ length: 60_000 }, (_none, i) => (i % 900 === 0 ? '2' : '0'));
  const ahead: number[] = [];
  const { read } = await run(lines, 0, async (taken) => {
    if (ahead.length === 0) for (let i = 0; i < 500; i++) await new Promise(setImmediate);
    ahead.push(taken);
  });
  t.equal(read.length, lines.length);
  t.ok(ahead[1]! < 15_000, `${ahead[1]} lines were taken while nobody read`);
});
