import t from 'tap';
import { parse } from 'yaml';
import { ExactNumber } from './exact-number.js';
import { parseExactYaml, yamlFault } from './exact-yaml.js';

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
    'a: 0x1F\nb: 0o17\nc: 1_000\nd: 2026-01-01\ne: "12345678901234567890"\nf: 007\ng: ~\nh: true\ni: 1e3\nj: -0\nk: &x [1]\nl: *x\nm: 5.\n';
  t.strictSame(parseExactYaml(text), parse(text));
  t.throws(() => parseExactYaml('a: [1'));
  t.throws(() => parseExactYaml('a: &a [1]\nb: [*a, *a, *a]', { maxAliasCount: 1 }));
});

t.test('a number in another base keeps its digits too', async (t) => {
  t.strictSame(parseExactYaml('[0x20000000000001, 0o400000000000000001, 0xff]'), [
    new ExactNumber('9007199254740993'),
    new ExactNumber('9007199254740993'),
    255,
  ]);
});

t.test('a key is the text that was written', async (t) => {
  const text = '01: a\n1.0: b\n0x1F: c\n1e3: d\nyes: e\n~: f\nnull: g\n9007199254740993: h\n"1": i\n';
  t.strictSame(Object.keys(parseExactYaml(text) as object).sort(), [
    '01',
    '0x1F',
    '1',
    '1.0',
    '1e3',
    '9007199254740993',
    'null',
    'yes',
    '~',
  ]);
  for (const twice of ['1: a\n"1": b', 'a: {x: 1, x: 1}', '"\\u0061": 1\na: 2'])
    t.throws(() => parseExactYaml(twice), twice);
});

t.test('the schema is that of YAML 1.2, whatever the document asks for', async (t) => {
  t.strictSame(parseExactYaml('%YAML 1.1\n---\na: 010\nb: no\nc: 1_000\nd: 2026-01-01\ne: 1:30\n'), {
    a: 10,
    b: 'no',
    c: '1_000',
    d: '2026-01-01',
    e: '1:30',
  });
});

t.test('a value that JSON could not say is refused with its path', async (t) => {
  const refused: [text: string, path: RegExp][] = [
    ['rows: {amount: {max: .inf}}', /^rows\.amount\.max /],
    ['a: [1, .nan]', /^a\[1\] /],
    ['a: !!timestamp 2026-01-01', /^a /],
    ['a: !!binary aGVsbG8=', /^a /],
    ['a: !!set {x, y}', /^a /],
    ['a: &x [1, *x]', /^a\[1\] /],
    ['-.INF', /^the document /],
  ];
  for (const [text, message] of refused) t.throws(() => parseExactYaml(text), { message }, text);
});

t.test('why a text is no YAML is said in one line, without the text', async (t) => {
  const faultOf = (text: string): string => {
    try {
      parseExactYaml(text);
    } catch (error) {
      return yamlFault(error);
    }
    return 'none';
  };
  t.equal(faultOf('port: 80\nport: 81\n'), 'Map keys must be unique at line 2, column 1');
  t.notMatch(faultOf('secret: [hidden-text\n'), /hidden|\n|:$/);
});
