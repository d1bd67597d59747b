import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'check-grafana.mjs');

interface Dashboard {
  uid: string;
  panels: object[];
}

interface StandIn {
  url: string;
  dashboards: Map<string, Dashboard>;
  queries: string[];
}

interface Flaws {
  losesPanels?: boolean;
  refusesQueries?: boolean;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

/** Answers the calls of the script below `/grafana`, as Grafana documents them. */
async function startStandIn(t: Test, { losesPanels = false, refusesQueries = false }: Flaws = {}): Promise<StandIn> {
  const dashboards = new Map<string, Dashboard>();
  const queries: string[] = [];
  const answerTo = (method: string, path: string, body: Record<string, unknown>): object | undefined => {
    const [, uid = ''] = /^\/grafana\/api\/dashboards\/uid\/(.+)$/.exec(path) ?? [];
    const dashboard = dashboards.get(uid);
    if (path === '/grafana/api/datasources') return [{ uid: 'p', type: 'prometheus' }];
    if (path === '/grafana/api/dashboards/db') {
      const saved = body.dashboard as Dashboard;
      dashboards.set(saved.uid, losesPanels ? { uid: saved.uid, panels: saved.panels.slice(1) } : saved);
      return { uid: saved.uid };
    }
    if (path === '/grafana/api/ds/query') {
      queries.push((body.queries as { expr: string }[])[0]!.expr);
      return {
        results: { A: refusesQueries ? { error: 'parse error' } : { frames: [{ data: { values: [[1], [1]] } }] } },
      };
    }
    if (method === 'DELETE' && dashboards.delete(uid)) return {};
    return dashboard && { dashboard };
  };
  const server = createServer(async (request, response) => {
    const answer = answerTo(request.method ?? '', request.url ?? '', await bodyOf(request));
    response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? { message: 'not found' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/grafana`, dashboards, queries };
}

async function checkGrafana(url: string): Promise<{ code: number | null; output: string }> {
  const child = execFile(process.execPath, [SCRIPT], { env: { PATH: process.env.PATH, GRAFANA_URL: url } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: string) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

t.test('check-grafana loads every dashboard, asks every query, and leaves nothing behind', async (t) => {
  const grafana = await startStandIn(t);
  const { code, output } = await checkGrafana(grafana.url);
  t.equal(code, 0, output);
  t.match(output, /en\/sluice-runbooks\.json: .* 0 tried/);
  t.ok(grafana.queries.length > 100);
  t.notOk(
    grafana.queries.some((expr) => /\$(?!__)/.test(expr)),
    'the variables of the dashboards are filled in',
  );
  t.equal(grafana.dashboards.size, 0);
});

t.test('check-grafana fails for a panel that loading lost, and for a query that Grafana refuses', async (t) => {
  const flaws: [Flaws, RegExp][] = [
    [{ losesPanels: true }, /changed by loading/],
    [{ refusesQueries: true }, /parse error/],
  ];
  for (const [flaw, expected] of flaws) {
    const grafana = await startStandIn(t, flaw);
    const { code, output } = await checkGrafana(grafana.url);
    t.equal(code, 1);
    t.match(output, expected);
    t.equal(grafana.dashboards.size, 0, 'nothing is left behind');
  }
});
