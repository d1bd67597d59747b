import t from 'tap';
import { MACHINES } from '../../../procedure/all-machines.js';
import { shapeProblems } from '../../../procedure/engine/body-check.js';
import { describedBody, neededBy, rowsOf } from './act-body.js';

t.test('the example of each act has what the act needs and passes the check of its shape', async (t) => {
  for (const machine of MACHINES.values()) {
    const { kind, available, transitions } = machine;
    for (const act of new Set(transitions.map((row) => row.act))) {
      const rows = rowsOf(machine, act);
      if (!available || rows.length === 0) continue;
      const { example } = describedBody(machine, act);
      for (const row of rows) {
        const what = `${kind} ${act} (${row.number})`;
        t.strictSame(shapeProblems(row, example), [], what);
        const missing = neededBy([row]).filter((name) => example[name] === undefined);
        t.strictSame(missing, [], `${what} needs nothing more`);
      }
    }
  }
});
