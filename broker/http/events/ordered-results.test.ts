import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { OrderedResults, UnreadResults } from './ordered-results.js';

const result = (name: string, bytes = 1) => ({ name, bytes });

t.test('results are read in order, whichever is ready first', async (t) => {
  const results = new OrderedResults<ReturnType<typeof result>>(100, 100);
  let finishFirst = (_: ReturnType<typeof result>): void => {};
  void results.add(new Promise((resolve) => (finishFirst = resolve)), 1);
  void results.add(Promise.resolve(result('second')), 1);
  results.complete();
  const read = (async () => {
    const seen: string[] = [];
    for await (const { name } of results.inOrder()) seen.push(name);
    return seen;
  })();
  await turn();
  finishFirst(result('first'));
  t.same(await read, ['first', 'second']);
});

for (const [bound, openWeightMax, unreadBytesMax] of [
  ['too much is in flight', 2, 1_000],
  ['too many bytes are unread', 1_000, 20],
] as const) {
  t.test(`a writer waits while ${bound}, and continues when the reader has taken some`, async (t) => {
    const results = new OrderedResults<ReturnType<typeof result>>(openWeightMax, unreadBytesMax);
    let added = 0;
    const writer = (async () => {
      for (let i = 0; i < 10; i++) {
        await results.add(Promise.resolve(result(String(i), 10)), 1);
        await turn();
        added++;
      }
      results.complete();
    })();
    for (let i = 0; i < 20; i++) await turn();
    t.ok(added >= 2 && added <= 3, `${added} were added`);
    const seen: string[] = [];
    for await (const { name } of results.inOrder()) seen.push(name);
    await writer;
    t.equal(seen.join(''), '0123456789');
  });
}

t.test('a reader that leaves lets the writer go', async (t) => {
  const results = new OrderedResults<ReturnType<typeof result>>(1, 1);
  const writer = (async () => {
    for (let i = 0; i < 10; i++) await results.add(Promise.resolve(result(String(i))), 1);
  })();
  for await (const _ of results.inOrder()) break;
  await writer;
  t.pass('it came to its end');
});

for (const [bound, ofAll, weight] of [
  ['left too much unread', new UnreadResults(100), 1],
  ['too much in flight', new UnreadResults(1_000_000, 100), 60],
] as const) {
  t.test(`while all readers together have ${bound}, each may have a little of its own`, async (t) => {
    const fill = async (results: OrderedResults<ReturnType<typeof result>>, state: { added: number }) => {
      for (let i = 0; i < 10; i++, state.added++) {
        await results.add(Promise.resolve(result(String(i), 8 * 1024)), weight);
        await turn();
      }
      results.complete();
    };
    const [idle, busy] = [1, 2].map(() => new OrderedResults<ReturnType<typeof result>>(1_000, 1_000_000, ofAll));
    const [idleState, busyState] = [{ added: 0 }, { added: 0 }];
    void fill(idle!, idleState);
    const writer = fill(busy!, busyState);
    for (let i = 0; i < 30; i++) await turn();
    t.ok(idleState.added >= 3 && idleState.added <= 5, `${idleState.added} of 10 were added without a reader`);
    let read = 0;
    for await (const _ of busy!.inOrder()) read++;
    await writer;
    t.equal(read, 10, 'a reader is not held up by the one that reads nothing');
    idle!.abandon();
    t.same([ofAll.bytes, ofAll.weight], [0, 0], 'and what nobody will read is not counted any more');
  });
}
