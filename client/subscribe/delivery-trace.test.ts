import t from 'tap';
import { traceparentOf } from './delivery-trace.js';

const EVENT = { type: 'registry.person', position: 1042 };

t.test('a subscriber computes the trace of an event as docs/protocol.md says', async (t) => {
  const expected = '00-9b64682987df345506ff6594ed693ba5-42923e9f9968e2ef-00';
  t.equal(await traceparentOf(EVENT, 'kM2', 0), expected);
  t.equal(await traceparentOf(EVENT, 'kM2', 1), expected.replace(/00$/, '01'), 'sampled');
  t.not(await traceparentOf(EVENT, 'another epoch', 0), expected);
});
