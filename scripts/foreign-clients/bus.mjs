import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../child.mjs';
import { inProject } from '../project.mjs';
import { freePort } from './free-port.mjs';

const OPERATOR_TOKEN = 'foreign-operator-token-0123456789';
const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 200;
/** Longer than all tools together may take. */
const LIFETIME_MS = 3_600_000;

/** The parties, entry, grant and tokens of the tour: small, and there already. */
const BUNDLE = inProject('examples', 'tour', 'bundle.yaml');
const ENTRY = 'chicago-bacp.business-licence';
const GRANT = 'g-revenue';
const PUBLISHER_TOKEN = 'tour-licensing-token-0123456789';
const SUBSCRIBER_TOKEN = 'tour-revenue-token-0123456789';
const EVENT_COUNT = 3;

/**
 * Starts a broker process with its data below `folder`, applies the bundle and publishes a few events that the grant delivers. Scripts
 * of pages at `pageOrigin` may call it.
 */
export async function startBus(folder) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const pageOrigin = `http://127.0.0.1:${await freePort()}`;
  const config = join(folder, 'sluice.json');
  await writeFile(config, JSON.stringify({ http: { corsOrigins: [pageOrigin] } }));
  let pid;
  const broker = runChild(
    process.execPath,
    [inProject('dist', 'cli', 'main.js'), 'start', '--config', config, '--data', join(folder, 'data')],
    {
      env: {
        ...process.env,
        SLUICE_HOST: '127.0.0.1',
        SLUICE_PORT: new URL(url).port,
        SLUICE_BOOTSTRAP_TOKEN: OPERATOR_TOKEN,
        SLUICE_LOG_LEVEL: 'error',
      },
      deadlineMs: LIFETIME_MS,
      onStart: (started) => (pid = started),
    },
  );
  const ended = broker.then(
    ({ code, output }) => `the broker ended with exit code ${code}\n${output.trim().split('\n').slice(-10).join('\n')}`,
    (error) => error.message,
  );
  const stop = async () => {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
    await ended;
  };
  const publishOne = (id) =>
    post(`${url}/v1/events`, PUBLISHER_TOKEN, 'application/cloudevents+json', JSON.stringify(eventOf(id)));
  try {
    await Promise.race([waitUntilReady(url), ended.then((why) => Promise.reject(new Error(why)))]);
    await post(`${url}/v1/bundles`, OPERATOR_TOKEN, 'application/yaml', await readFile(BUNDLE, 'utf8'));
    for (let index = 0; index < EVENT_COUNT; index++) await publishOne(`foreign-${index}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const names = { entry: ENTRY, grant: GRANT, eventCount: EVENT_COUNT };
  const tokens = { operator: OPERATOR_TOKEN, publisher: PUBLISHER_TOKEN, subscriber: SUBSCRIBER_TOKEN };
  return { url, pageOrigin, ...names, tokens, publishOne, stop };
}

const eventOf = (id) => ({
  specversion: '1.0',
  id,
  type: ENTRY,
  op: 'create',
  data: { accountNumber: id, legalName: 'HARBOR BOOKS', district: '18', issued: '2024-03-01', fee: '75.50' },
});

async function waitUntilReady(url) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const isReady = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await sleep(READY_POLL_MS);
  }
  throw new Error(`the broker at ${url} was not ready within ${READY_WITHIN_MS / 1000} s`);
}

async function post(url, token, contentType, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': contentType };
  const response = await fetch(url, { method: 'POST', headers, body });
  const answer = await response.text();
  if (!response.ok || answer.includes('"problem"'))
    throw new Error(`POST ${url} was answered with ${response.status}: ${answer.slice(0, 500)}`);
}
