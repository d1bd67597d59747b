import { readFile } from 'node:fs/promises';
import t from 'tap';
import { parse } from 'yaml';
import { startBroker } from '../../tests/support/broker/broker.js';
import { eventually } from '../../tests/support/condition.js';
import { Simulator } from './simulator.js';

const TOKENS = {
  'fujian-civil-affairs': 'demo-civil-registry-token-0123456789',
  'fuzhou-public-security': 'demo-household-registry-token-0123456789',
  'fuzhou-market-regulation': 'demo-enterprise-registry-token-0123456789',
};
const bundle = parse(await readFile(new URL('../../../examples/demo/bundle.yaml', import.meta.url), 'utf8')) as object;

t.test('the demo catalog accepts every simulated event, and a repeated simulation stores nothing twice', async (t) => {
  const { url, apply } = await startBroker(t);
  await apply(bundle);
  const first = await simulate(url, 0);
  t.same(first.refused, []);
  const second = await simulate(url, 0);
  t.same(second.refused, []);
  const common = Math.min(first.positions.length, second.positions.length);
  t.same(second.positions.slice(0, common), first.positions.slice(0, common), 'repeated events keep their positions');
});

async function simulate(url: string, startAt: number): Promise<{ positions: string[]; refused: string[] }> {
  const positions: string[] = [];
  const refused: string[] = [];
  const simulator = new Simulator({
    url,
    seed: 1,
    startAt,
    eventsPerSecond: 2_000,
    tokens: TOKENS,
    onPublished: ({ id, type }, position) => positions.push(`${id.split('-')[2]} ${type}@${position}`),
    onRefused: (error) => refused.push(error.message),
  });
  const running = simulator.run();
  await eventually(() => simulator.next >= 600, '600 answered events', 30_000);
  await simulator.stop();
  await running;
  const byIndex = (text: string) => Number(text.split(' ')[0]);
  return { positions: positions.sort((a, b) => byIndex(a) - byIndex(b)), refused };
}
