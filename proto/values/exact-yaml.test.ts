import t from 'tap';
import { parse } from 'yaml';
import { ExactNumber } from './exact-number.js';
import { parseExactYaml } from './exact-yaml.js';

t.test('a number of a YAML document keeps its digits', async (t) => {
  const text =
    'rows:\n  amount: {min: 12345678901234567.89, max: +9007199254740993}\n  rate: 1.10\n  list: [.5, -0.1234567890123456789]\n';
  t.strictSame(parseExactYaml(text), {
    rows: {
      amount: { min: new ExactNumber('12345678901234567.89'), max: new ExactNumber('9007199254740993') },
      rate: 1.1,
      list: [0.5, new ExactNumber('-0.1234567890123456789')],
    },
  });
  t.equal(
    JSON.stringify(parseExactYaml(text)),
    '{"rows":{"amount":{"min":"12345678901234567.89","max":"9007199254740993"},"rate":1.1,"list":[0.5,"-0.1234567890123456789"]}}',
  );
});

t.test('every other value of a YAML document is read as before', async (t) => {
  const text =
    'a: 0x1F\nb: 0o17\nc: .inf\nd: 2026-01-01\ne: "12345678901234567890"\nf: 007\ng: ~\nh: true\ni: 1e3\nj: -0\nk: &x [1, *x]\n'.replace(
      ', *x',
      '',
    );
  t.strictSame(parseExactYaml(text), parse(text));
  t.throws(() => parseExactYaml('a: [1'));
  t.throws(() => parseExactYaml('a: &a [1]\nb: [*a, *a, *a]', { maxAliasCount: 1 }));
});
