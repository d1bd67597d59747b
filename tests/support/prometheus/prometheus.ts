import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { temporaryFolder } from '../nats/nats.js';
import { startService } from './service.js';

/** The compiled file lies in dist/tests/support/prometheus. */
const CACHE = join(import.meta.dirname, '..', '..', '..', '..', '.cache');
const PROMTOOL = join(CACHE, 'promtool', 'promtool');
const PROMETHEUS = join(CACHE, 'prometheus', 'prometheus');
const ALERTMANAGER = join(CACHE, 'prometheus-alertmanager', 'prometheus-alertmanager');

/**
 * Debian's Alertmanager reads its templates from `/usr/share`, where a test writes nothing: it runs in a mount namespace of
 * its own, in which that folder holds the templates of the cache.
 */
const TEMPLATE_FOLDER = '/usr/share/prometheus/alertmanager';
const MOUNT_AND_RUN = `mount -t tmpfs none /usr/share && mkdir -p ${TEMPLATE_FOLDER} && cp "$0"/*.tmpl ${TEMPLATE_FOLDER} && exec "$0"/prometheus-alertmanager "$@"`;
const WITH_TEMPLATES = ['--map-root-user', '--mount', 'sh', '-c', MOUNT_AND_RUN, dirname(ALERTMANAGER)];

const run = promisify(execFile);

/** Options of a test that needs these programs: skipped, with the reason, where set-up could not fetch them. */
export const needsPrometheus = {
  skip: [PROMTOOL, PROMETHEUS, ALERTMANAGER].every(existsSync)
    ? false
    : 'Prometheus could not be fetched on this machine',
};

/** Alertmanager needs mount namespaces besides, which not every container allows. */
export const needsAlertmanager = {
  skip: needsPrometheus.skip || (canMount() ? false : 'this machine allows no mount namespaces'),
};

function canMount(): boolean {
  return spawnSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
}

/** Output of promtool; rejects with it when the check fails. */
export async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await run(PROMTOOL, args).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`promtool ${args.slice(0, 2).join(' ')}:\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

/** Objections of `promtool check metrics`; '' when there are none. */
export async function checkMetrics(exposed: string): Promise<string> {
  const child = execFile(PROMTOOL, ['check', 'metrics'], () => undefined);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: string) => (output += chunk));
  child.stdin?.end(exposed);
  await once(child, 'close');
  return output;
}

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** A real Prometheus. */
export class TestPrometheus {
  private constructor(
    private readonly url: string,
    /** Kills it; resolves when it is gone. */
    readonly stop: () => Promise<void>,
  ) {}

  /** `files` are written to its folder; `prometheus.yml` must be one of them. */
  static async start(t: Test, files: Record<string, string>): Promise<TestPrometheus> {
    const folder = await temporaryFolder(t);
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    // An alert that fires before Prometheus has found its Alertmanager is sent again after two seconds instead of a minute.
    const resend = '--rules.alert.resend-delay=2s';
    const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', resend];
    const { url, stop } = await startService(t, PROMETHEUS, args, folder);
    return new TestPrometheus(url, stop);
  }

  /** The samples of an instant query. */
  async query(expr: string): Promise<Sample[]> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expr })}`);
    const body = (await answer.json()) as { status: string; error?: string; data: { result: Sample[] } };
    if (body.status !== 'success') throw new Error(`${expr}: ${body.error}`);
    return body.data.result;
  }
}

/** A real Alertmanager that stands alone. */
export class TestAlertmanager {
  private constructor(private readonly url: string) {}

  static async start(t: Test, config: string): Promise<TestAlertmanager> {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'alertmanager.yml'), config);
    const args = ['--config.file=alertmanager.yml', '--storage.path=data', '--cluster.listen-address='];
    const { url } = await startService(t, 'unshare', [...WITH_TEMPLATES, ...args], folder);
    return new TestAlertmanager(url);
  }

  /** Where Prometheus sends its alerts. */
  get host(): string {
    return new URL(this.url).host;
  }

  async fire(...alerts: Record<string, string>[]): Promise<void> {
    const body = JSON.stringify(alerts.map((labels) => ({ labels })));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}/api/v2/alerts`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
  }

  /** Labels of the alerts that are firing, sent or silenced by another one. */
  async shown(): Promise<Record<string, string>[]> {
    const alerts = (await (await fetch(`${this.url}/api/v2/alerts`)).json()) as { labels: Record<string, string> }[];
    return alerts.map(({ labels }) => labels);
  }

  /** To whom each alert is sent, by its name. */
  async receivers(): Promise<Map<string, string[]>> {
    interface Sent {
      labels: { alertname: string };
      receivers: { name: string }[];
    }
    const alerts = (await (await fetch(`${this.url}/api/v2/alerts`)).json()) as Sent[];
    return new Map(alerts.map(({ labels, receivers }) => [labels.alertname, receivers.map(({ name }) => name).sort()]));
  }

  /** Names of the alerts that are sent to somebody, and of those that another alert explains. */
  async alerts(): Promise<{ active: string[]; inhibited: string[] }> {
    interface Shown {
      labels: { alertname: string };
      status: { state: string };
    }
    const shown = (await (await fetch(`${this.url}/api/v2/alerts`)).json()) as Shown[];
    const named = (state: string): string[] =>
      shown.filter(({ status }) => status.state === state).map(({ labels }) => labels.alertname);
    return { active: named('active').sort(), inhibited: named('suppressed').sort() };
  }
}
