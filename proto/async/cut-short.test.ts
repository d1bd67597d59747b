import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { CutShort } from './cut-short.js';

const WAITS = 1_000;

t.test('a wait ends with its own outcome, or when it is cut short, as all later ones', async (t) => {
  const waits = new CutShort();
  t.equal(await waits.wait(Promise.resolve('done')), 'done');
  await t.rejects(waits.wait(Promise.reject(new Error('failed'))), { message: 'failed' });
  const open = waits.wait(new Promise(() => undefined));
  waits.cut();
  t.equal(await open, undefined);
  t.equal(await waits.wait(new Promise(() => undefined)), undefined);
  t.ok(waits.isCut);
});

t.test('the outcomes of waits that are over are not kept while nothing cuts them short', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const waits = new CutShort();
  const outcomes: WeakRef<object>[] = [];
  for (let i = 0; i < WAITS; i++) {
    const outcome = { i };
    outcomes.push(new WeakRef(outcome));
    await waits.wait(Promise.resolve(outcome));
  }
  await nextTurn();
  collect();
  const kept = outcomes.filter((outcome) => outcome.deref() !== undefined).length;
  t.ok(kept < WAITS / 10, `${kept} of ${WAITS} are kept`);
  waits.cut();
});
