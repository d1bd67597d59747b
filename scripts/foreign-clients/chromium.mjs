import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runChild } from '../child.mjs';
import { inProject } from '../project.mjs';
import { findProgram } from './find-tool.mjs';

const BROWSER_WITHIN_MS = 60_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome-headless-shell'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
const PAGE = inProject('scripts', 'foreign-clients', 'programs', 'event-source.html');

export const eventSourceInChromium = {
  name: 'EventSource in Chromium',
  find: () => findProgram(...NAMES),
  howToGet: 'install chromium',
  run: async ({ program, bus, folder }) => {
    const pages = await servePages(bus);
    let pid;
    const args = [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`];
    const browser = runChild(program, [...args, `${bus.pageOrigin}/`], {
      deadlineMs: BROWSER_WITHIN_MS,
      onStart: (started) => (pid = started),
    });
    const endedEarly = browser.then(({ output }) => Promise.reject(new Error(`the browser ended\n${output}`)));
    try {
      check(await Promise.race([pages.result, endedEarly]), bus);
      const refused = await Promise.race([pages.refused, endedEarly]);
      assert.deepEqual(refused, { ticket: 'refused', source: 'refused' }, 'a page of another origin');
    } finally {
      pages.close();
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
      await browser.catch(() => undefined);
    }
  },
};

function check({ all, resumed, broken, error }, { eventCount }) {
  assert.equal(error, undefined);
  assert(all.ids.length >= eventCount, `${all.ids.length} of ${eventCount} events`);
  assert.deepEqual(resumed.ids, [], 'events that came again after a resumption with a new ticket');
  assert.equal(broken.opened, 2, 'connections of the source whose first one was broken');
  assert.equal(broken.ids.length, all.ids.length + 1, 'events over both connections, one of them published in between');
  assert.equal(new Set(broken.ids).size, broken.ids.length, 'no event came twice');
}

/**
 * Serves the page, takes its results, and passes a stream on with the token added, as a department's own server would. The first
 * such stream is broken when it has caught up, and an event is published.
 */
function servePages(bus) {
  const settle = {};
  const result = new Promise((resolve) => (settle['/result'] = resolve));
  const refused = new Promise((resolve) => (settle['/refused'] = resolve));
  let proxied = 0;
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      settle[request.url]?.(JSON.parse(await text(request)));
      return response.end();
    }
    if (request.url === '/proxied') return proxy(bus, request, response, { isBroken: ++proxied === 1 });
    const config = {
      url: bus.url,
      grant: bus.grant,
      token: bus.tokens.subscriber,
      otherOrigin: `http://localhost:${port}`,
    };
    const isAllowed = `http://${request.headers.host}` === bus.pageOrigin;
    const page = (await readFile(PAGE, 'utf8')).replace('CONFIG', JSON.stringify({ ...config, isAllowed }));
    response.setHeader('content-type', 'text/html').end(page);
  });
  const { port } = new URL(bus.pageOrigin);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return new Promise((resolve) => {
    server.listen(Number(port), '127.0.0.1', () => resolve({ result, refused, close }));
  });
}

async function proxy(bus, request, response, { isBroken }) {
  const lastEventId = request.headers['last-event-id'];
  const upstream = await fetch(`${bus.url}/v1/grants/${bus.grant}/events?from=earliest`, {
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${bus.tokens.subscriber}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  });
  response.writeHead(upstream.status, { 'content-type': 'text/event-stream' });
  let sent = '';
  for await (const piece of upstream.body) {
    if (response.destroyed) return;
    response.write(piece);
    sent += Buffer.from(piece).toString();
    if (!isBroken || !/"caughtUp":true}\n\n/.test(sent)) continue;
    await bus.publishOne('foreign-event-source');
    return response.destroy();
  }
}
