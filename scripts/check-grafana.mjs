import { readdirSync, readFileSync } from 'node:fs';
import { inProject } from './project.mjs';

/**
 * Loads every dashboard into a Grafana, reads it back, and asks its Prometheus what every panel asks. What it loads it removes again.
 * GRAFANA_URL may hold user and password; else GRAFANA_TOKEN is used.
 */
const ANSWER_MS_MAX = 10_000;
const RANGE_MS = 3_600_000;
const STEP_MS = 15_000;
const { GRAFANA_URL, GRAFANA_TOKEN } = process.env;

if (!GRAFANA_URL) {
  console.log('check-grafana: skipped, no GRAFANA_URL is set (and GRAFANA_TOKEN, where the address has no user)');
} else {
  try {
    await check(caller(new URL(GRAFANA_URL)));
  } catch (error) {
    console.error(`check-grafana: ${error.message}`);
    process.exitCode = 1;
  }
}

/** A function that calls Grafana below the path of its address, and fails with what Grafana answered. */
function caller(url) {
  const authorization = GRAFANA_TOKEN
    ? `Bearer ${GRAFANA_TOKEN}`
    : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  url.username = '';
  url.password = '';
  const below = url.href.replace(/\/?$/, '/');
  return async (method, path, body) => {
    const response = await fetch(new URL(path, below), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      const { message = '' } = await response.json().catch(() => ({}));
      throw new Error(`${url.origin} answered ${response.status} to ${method} ${path}: ${message}`);
    }
    return response.json();
  };
}

async function check(call) {
  const sources = await call('GET', 'api/datasources');
  const prometheus = sources.find(({ type }) => type === 'prometheus');
  for (const language of ['en', 'zh']) {
    const folder = inProject('dashboard', 'grafana', 'dashboards', language);
    for (const file of readdirSync(folder)) {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      await checkOne(call, `${language}/${file}`, JSON.parse(text), prometheus);
    }
  }
  if (!prometheus)
    console.log('check-grafana: no queries were tried, this Grafana has no data source of type prometheus');
}

async function checkOne(call, name, made, prometheus) {
  // A name of its own, so that provisioned dashboards stay as they are.
  const uid = `check-${name.replace(/\.json$/, '').replaceAll('/', '-')}`;
  const dashboard = { ...made, id: null, uid, title: `check ${name}: ${made.title}` };
  await call('POST', 'api/dashboards/db', { dashboard, overwrite: true, message: 'check-grafana' });
  try {
    const { dashboard: loaded } = await call('GET', `api/dashboards/uid/${uid}`);
    const [before, after] = [partsOf(dashboard), partsOf(loaded)];
    const changed = before.filter((part) => !after.includes(part));
    if (changed.length > 0) throw new Error(`${name}: changed by loading: ${changed.join(', ')}`);
    const queries = prometheus ? queriesOf(dashboard) : [];
    const empty = [];
    for (const { title, expr } of queries) if (!(await hasData(call, expr, prometheus))) empty.push(title);
    const without = empty.length > 0 ? `, without data: ${empty.join(', ')}` : '';
    console.log(`check-grafana: ${name}: ${before.length} panels and queries, ${queries.length} tried${without}`);
  } finally {
    await call('DELETE', `api/dashboards/uid/${uid}`);
  }
}

function queriesOf({ panels }) {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

function partsOf(dashboard) {
  return [
    ...dashboard.panels.map(({ type, title }) => `${type} ${title}`),
    ...queriesOf(dashboard).map(({ title, expr }) => `${title}: ${expr}`),
  ];
}

/** Grafana itself fills in `$__rate_interval` and `$__range`; the variables of the dashboard are the browser's. */
async function hasData(call, expr, { uid, type }) {
  const query = {
    refId: 'A',
    datasource: { uid, type },
    expr: expr.replaceAll(/\$(?:job|instance)\b/g, '.*'),
    range: true,
    intervalMs: STEP_MS,
    maxDataPoints: RANGE_MS / STEP_MS,
  };
  const { results } = await call('POST', 'api/ds/query', {
    from: String(Date.now() - RANGE_MS),
    to: String(Date.now()),
    queries: [query],
  });
  const { error, frames = [] } = results.A;
  if (error) throw new Error(`${expr}: ${error}`);
  return frames.some(({ data }) => (data?.values?.[0] ?? []).length > 0);
}
