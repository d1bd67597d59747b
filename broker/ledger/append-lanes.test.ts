import t from 'tap';
import { AppendLanes } from './append-lanes.js';

/** Appends that end when the test says so, by name, in the order in which they were run. */
function appends() {
  const run: string[] = [];
  const ends: (() => void)[] = [];
  const append = (name: string) => () => {
    run.push(name);
    return new Promise<void>((resolve) => {
      ends.push(resolve);
    });
  };
  const endAll = async (): Promise<void> => {
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await new Promise(setImmediate);
    }
  };
  return { run, append, endAll };
}

t.test('an act that ends rights is appended before ordinary acts that wait', async (t) => {
  const lanes = new AppendLanes();
  const { run, append, endAll } = appends();
  const all = [
    lanes.run(append('in flight'), {}),
    lanes.run(append('draft'), { actor: 'officer:a' }),
    lanes.run(append('suspend'), { actor: 'officer:b', endsRights: true }),
  ];
  await endAll();
  await Promise.all(all);
  t.same(run, ['in flight', 'suspend', 'draft']);
});

t.test('an actor with a hundred acts waiting is refused, others and acts that end rights are not', async (t) => {
  const lanes = new AppendLanes();
  const { append, endAll } = appends();
  const all = [lanes.run(append('in flight'), {})];
  for (let i = 0; i < 100; i++) all.push(lanes.run(append('draft'), { actor: 'officer:a' }));
  await t.rejects(lanes.run(append('draft'), { actor: 'officer:a' }), { code: 'TOO_MANY' });
  all.push(lanes.run(append('draft'), { actor: 'officer:b' }));
  all.push(lanes.run(append('suspend'), { actor: 'officer:a', endsRights: true }));
  await endAll();
  await Promise.all(all);
});

t.test('a full ordinary lane refuses ordinary acts and takes acts that end rights', async (t) => {
  const lanes = new AppendLanes();
  const { append, endAll } = appends();
  const all = [lanes.run(append('in flight'), {})];
  for (let i = 0; i < 1_000; i++) all.push(lanes.run(append('draft'), { actor: `officer:${i}` }));
  await t.rejects(lanes.run(append('draft'), { actor: 'officer:other' }), { code: 'TOO_MANY' });
  all.push(lanes.run(append('suspend'), { actor: 'officer:other', endsRights: true }));
  await endAll();
  await Promise.all(all);
});

t.test('an append that fails rejects its caller and does not stop the next one', async (t) => {
  const lanes = new AppendLanes();
  const failed = lanes.run(() => Promise.reject(new Error('the store is away')), {});
  const next = lanes.run(async () => 'stored', {});
  await t.rejects(failed, /the store is away/);
  t.equal(await next, 'stored');
});
