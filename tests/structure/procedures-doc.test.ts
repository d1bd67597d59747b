import t from 'tap';
import { MACHINES } from '../../broker/procedure/all-machines.js';
import { proceduresPage } from '../../broker/procedure/published/procedures-page.js';
import { readText } from './source-tree.js';

t.test('docs/procedures.md shows the machines that the bus runs (npm run procedures writes it)', async (t) => {
  const page = proceduresPage([...MACHINES.values()]);
  t.equal(readText('docs/procedures.md'), page);
});

t.test('every state of a machine is reached, and every row names states of it', async (t) => {
  for (const { kind, states, transitions } of MACHINES.values()) {
    const named = transitions.flatMap(({ from, to }) => [...from, to]);
    const known = [...states, '–', 'self', 'removed'];
    t.strictSame(
      [...new Set(named)].filter((state) => !known.includes(state)),
      [],
      `${kind}: rows`,
    );
    t.strictSame(
      states.filter((state) => !named.includes(state)),
      [],
      `${kind}: states`,
    );
  }
});
