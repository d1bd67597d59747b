import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../child.mjs';
import { inProject } from '../project.mjs';
import { findPackage, findProgram, findPython } from './find-tool.mjs';
import { freePort } from './free-port.mjs';
import { buildGo, GO_SKIPPED, runOnBus } from './run-on-bus.mjs';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const CONNECTOR_WITHIN_MS = 150_000;

/** Runs the webhook connector until the receiver, a program with its arguments, has verified and read all events. */
async function receive(name, program, args, { bus, folder }) {
  const port = await freePort();
  const variables = { SLUICE_WEBHOOK_PORT: String(port), SLUICE_WEBHOOK_SECRET: SECRET };
  const received = runOnBus(program, args, bus, bus.tokens.subscriber, variables);
  const config = join(folder, 'webhook.json');
  const connector = {
    name: `foreign-${name}`,
    connector: 'webhook',
    bus: { url: bus.url, token: bus.tokens.subscriber },
    stateFolder: folder,
    logLevel: 'warn',
    settings: { grant: bus.grant, cursor: `foreign-webhook-${name}`, url: `http://127.0.0.1:${port}/`, secret: SECRET },
  };
  await writeFile(config, JSON.stringify(connector));
  let pid;
  const connected = runChild(process.execPath, [inProject('dist', 'cli', 'main.js'), 'connect', config], {
    deadlineMs: CONNECTOR_WITHIN_MS,
    onStart: (started) => (pid = started),
  });
  const endedEarly = connected.then(({ output }) => Promise.reject(new Error(`the connector ended\n${output}`)));
  try {
    await Promise.race([received, endedEarly]);
  } finally {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
    await endedEarly.catch(() => undefined);
  }
}

export const pythonWebhooks = {
  name: 'python standardwebhooks',
  find: () => findPython('cloudevents.v1.http', 'standardwebhooks'),
  howToGet:
    'pip install cloudevents standardwebhooks, in a virtual environment whose bin folder SLUICE_FOREIGN_TOOLS names',
  run: ({ program, ...rest }) => receive('python', program, ['webhook_receiver.py'], rest),
};

export const goWebhooks = {
  name: 'go standard-webhooks',
  find: () => findProgram('go'),
  howToGet: 'install Go 1.23 or newer',
  run: async ({ program, ...rest }) => {
    const binary = await buildGo(program, 'webhooks', rest.folder);
    return binary === undefined ? GO_SKIPPED : receive('go', binary, [], rest);
  },
};

export const jsWebhooks = {
  name: 'js standardwebhooks',
  find: () => {
    const packages = [findPackage('cloudevents'), findPackage('standardwebhooks')];
    return packages.includes(undefined) ? undefined : packages;
  },
  howToGet: 'npm install cloudevents standardwebhooks',
  run: ({ program, ...rest }) => receive('js', process.execPath, ['webhook-receiver.mjs', ...program], rest),
};
