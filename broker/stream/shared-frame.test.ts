import t from 'tap';
import { SharedFrame } from './shared-frame.js';

t.test('what a frame looks like on the wire is worked out once, whatever is sent in between', async (t) => {
  let built = 0;
  const build = (content: string | Uint8Array): Buffer => {
    built++;
    return Buffer.from(`>${content}`);
  };
  const one = new SharedFrame('one');
  const other = new SharedFrame('other');
  const sent = [one, other, one, other].map((frame) => frame.onWire(build));
  t.strictSame(sent.map(String), ['>one', '>other', '>one', '>other']);
  t.equal(built, 2);
});
