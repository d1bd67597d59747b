import { readdirSync, readFileSync } from 'node:fs';
import { inProject } from './project.mjs';

/** Loads every dashboard into a Grafana and reads it back. GRAFANA_URL may hold user and password; else GRAFANA_TOKEN is used. */
const ANSWER_MS_MAX = 10_000;
const { GRAFANA_URL, GRAFANA_TOKEN } = process.env;

if (!GRAFANA_URL) {
  console.log('check-grafana: skipped, no GRAFANA_URL is set (and GRAFANA_TOKEN, where the address has no user)');
} else {
  try {
    await check(new URL(GRAFANA_URL));
  } catch (error) {
    console.error(`check-grafana: ${error.message}`);
    process.exitCode = 1;
  }
}

async function check(url) {
  const authorization = GRAFANA_TOKEN
    ? `Bearer ${GRAFANA_TOKEN}`
    : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  url.username = '';
  url.password = '';
  const call = async (path, body) => {
    const response = await fetch(new URL(path, url), {
      method: body ? 'POST' : 'GET',
      headers: { authorization, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${url.origin} answered ${response.status} to ${path}`);
    return response.json();
  };
  for (const language of ['en', 'zh']) {
    const folder = inProject('dashboard', 'grafana', 'dashboards', language);
    for (const file of readdirSync(folder)) {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      // Names of its own, so that provisioned dashboards stay as they are.
      const dashboard = { ...JSON.parse(text), id: null, uid: `check-${language}-${file.replace(/\.json$/, '')}` };
      dashboard.title = `check ${language}: ${dashboard.title}`;
      const { uid } = await call('api/dashboards/db', { dashboard, overwrite: true, message: 'check-grafana' });
      const { dashboard: loaded } = await call(`api/dashboards/uid/${uid}`);
      if (loaded.panels.length !== dashboard.panels.length)
        throw new Error(`${file}: panels are missing after loading`);
      console.log(`check-grafana: ${language}/${file}: ${loaded.panels.length} panels`);
    }
  }
}
