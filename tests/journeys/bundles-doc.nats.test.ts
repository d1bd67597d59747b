import t from 'tap';
import { parse } from 'yaml';
import { readText } from '../structure/source-tree.js';
import { startBroker } from '../support/broker/broker.js';
import { call } from '../support/raw-client/raw-http.js';

interface Difference {
  create: string[];
  update: string[];
  unchanged: number;
  warnings: string[];
  tokens: Record<string, string>;
}

/** The first YAML block of the document, its example of a whole bundle. */
function exampleOf(text: string): string {
  const [, block] = /^```yaml\n([\s\S]*?)^```$/m.exec(text) ?? [];
  if (block === undefined) throw new Error('docs/bundles.md has no example');
  return block;
}

t.test('the example of docs/bundles.md is applied unchanged, and a second time without a difference', async (t) => {
  const { url, operatorToken: token } = await startBroker(t);
  const example = exampleOf(readText('docs/bundles.md'));
  const documents = Object.values(parse(example) as Record<string, unknown[]>).flat().length;
  const apply = async (query: string): Promise<Difference> => {
    const answer = await call({ url, token }, 'POST', `/v1/bundles${query}`, example, 'application/yaml');
    t.equal(answer.status, 200, answer.text);
    return answer.json as Difference;
  };

  const dry = await apply('?dryRun=true');
  t.equal(dry.create.length, documents);
  t.strictSame(dry.tokens, {}, 'a dry run makes no tokens');

  const done = await apply('');
  t.strictSame(done.create, dry.create);
  t.strictSame(done.warnings, [], 'it has what the law asks for');
  t.strictSame(Object.keys(done.tokens), ['system:maternal-health', 'officer:editor-chen']);

  t.match(await apply(''), { create: [], update: [], unchanged: documents });
});
