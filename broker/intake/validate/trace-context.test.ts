import t from 'tap';
import { sourceTraceOf } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GOOD = `00-${TRACE}-${SPAN}-01`;

t.test('a trace context as the W3C defines it is taken', async (t) => {
  const taken = { traceId: TRACE, spanId: SPAN, tracestate: undefined };
  t.strictSame(sourceTraceOf({ traceparent: GOOD }), { trace: taken, isMalformed: false });
  t.strictSame(sourceTraceOf({ traceparent: `cc-${TRACE}-${SPAN}-00-what.comes` }).trace, taken, 'a later version');
  const tracestate = 'rojo=00f067aa0ba902b7,congo@tenant=t61rcWkgMzE,\t ,empty=x y';
  t.strictSame(sourceTraceOf({ traceparent: GOOD, tracestate }), {
    trace: { ...taken, tracestate },
    isMalformed: false,
  });
  t.strictSame(sourceTraceOf({ traceparent: null }), { trace: undefined, isMalformed: false }, 'null is absent');
});

t.test('what is no trace context is dropped and reported', async (t) => {
  const wrong = [
    42,
    {},
    '',
    'x',
    GOOD.toUpperCase(),
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `${GOOD}-more`,
    `${GOOD}\n`,
    `cc-${TRACE}-${SPAN}-00-${'x'.repeat(300)}`,
    '00-350102199001011234-b7ad6b7169203331-01',
  ];
  for (const traceparent of wrong)
    t.strictSame(sourceTraceOf({ traceparent }), { trace: undefined, isMalformed: true }, JSON.stringify(traceparent));
});

t.test('a malformed tracestate leaves the traceparent in force', async (t) => {
  for (const tracestate of [
    7,
    'no pair',
    'A=upper',
    `k=${'v'.repeat(600)}`,
    'k=1,k=2',
    'k=张三',
    'k=1\n,l=2',
    'k=1,\u00a0l=2',
  ]) {
    const { trace, isMalformed } = sourceTraceOf({ traceparent: GOOD, tracestate });
    t.strictSame([trace?.traceId, trace?.tracestate, isMalformed], [TRACE, undefined, true], String(tracestate));
  }
  t.strictSame(sourceTraceOf({ tracestate: 'k=v' }), { trace: undefined, isMalformed: true }, 'alone it says nothing');
});
