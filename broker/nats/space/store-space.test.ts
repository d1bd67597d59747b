import t from 'tap';
import type { FreeSpace } from './free-space.js';
import { type SpaceLevel, StoreSpace } from './store-space.js';

const MEGABYTE = 1024 * 1024;
const CAPACITY = 1000 * MEGABYTE;

function space(free: number) {
  const levels: SpaceLevel[] = [];
  const state: { space: FreeSpace | undefined } = { space: { capacity: CAPACITY, free: free * MEGABYTE } };
  const measured = new StoreSpace({
    measure: async () => state.space,
    onLevel: (level) => levels.push(level),
  });
  const leave = async (megabytes: number): Promise<void> => {
    state.space = { capacity: CAPACITY, free: megabytes * MEGABYTE };
    await measured.measureNow();
  };
  return { space: measured, levels, leave, state };
}

const taken = (of: StoreSpace): string[] =>
  [
    { name: 'event', subject: 'ev.0.a' },
    { name: 'receipt', subject: 'receipt.a.g' },
    { name: 'suspend', subject: 'ledger.grant.g', endsRights: true },
  ]
    .filter((claim) => of.refusal(claim) === undefined)
    .map(({ name }) => name);

t.test('a store takes less the less of it is free, acts that end rights to the last', async (t) => {
  const { space: measured, leave } = space(500);
  await measured.measureNow();
  t.same(taken(measured), ['event', 'receipt', 'suspend']);
  await leave(45);
  t.same(taken(measured), ['receipt', 'suspend']);
  await leave(20);
  t.same(taken(measured), ['suspend']);
  await leave(1);
  t.same([measured.level, taken(measured)], ['exhausted', ['suspend']]);
});

t.test('a full store opens again only when clearly more is free', async (t) => {
  const { space: measured, leave, levels } = space(49);
  await measured.measureNow();
  await leave(51);
  t.same(levels, ['no_events']);
  await leave(60);
  t.same(levels, ['no_events', 'open']);
});

t.test('a store whose limit cannot be measured is open', async (t) => {
  const { space: measured, state } = space(1);
  state.space = undefined;
  await measured.measureNow();
  t.same(taken(measured), ['event', 'receipt', 'suspend']);
});

t.test('a refusal for lack of space says how much is left', async (t) => {
  const { space: measured } = space(45);
  await measured.measureNow();
  t.match(measured.refusal({ subject: 'ev.0.a' }), { code: 'STORE_FULL', message: /47185920 bytes are left/ });
});
