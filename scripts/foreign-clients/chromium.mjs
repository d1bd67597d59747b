import { createServer } from 'node:http';
import { join } from 'node:path';
import { runChild } from '../child.mjs';
import { findProgram } from './find-tool.mjs';

const BROWSER_WITHIN_MS = 60_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome-headless-shell'];

/** The page counts events until the broker says that it has sent all, and reports what it saw to the server it came from. */
const pageOf = (source) => `<!doctype html><script>
const source = new EventSource(${JSON.stringify(source)});
let count = 0;
const report = (error) => { source.close(); fetch('/result', { method: 'POST', body: JSON.stringify({ count, error }) }); };
source.onmessage = () => { count += 1; };
source.addEventListener('through', (event) => { if (JSON.parse(event.data).caughtUp) report(); });
source.addEventListener('ended', (event) => report(event.data));
source.onerror = () => report('EventSource has failed');
</script>`;

export const eventSourceInChromium = {
  name: 'EventSource in Chromium',
  find: () => findProgram(...NAMES),
  howToGet: 'install chromium',
  run: async ({ program, bus, folder }) => {
    const ticket = await createTicket(bus);
    const page = await servePage(`${bus.url}/v1/grants/${bus.grant}/events?from=earliest&ticket=${ticket}`);
    let pid;
    // The page is of another origin than the bus, and CORS is not what is tried here.
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-web-security',
      '--remote-debugging-port=0',
    ];
    const browser = runChild(program, [...flags, `--user-data-dir=${join(folder, 'profile')}`, page.url], {
      deadlineMs: BROWSER_WITHIN_MS,
      onStart: (started) => (pid = started),
    });
    const endedEarly = browser.then(({ output }) => Promise.reject(new Error(`the browser ended\n${output}`)));
    try {
      const { count, error } = await Promise.race([page.result, endedEarly]);
      if (error || count < bus.eventCount) throw new Error(`${count} of ${bus.eventCount} events; ${error ?? ''}`);
    } finally {
      page.close();
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
      await browser.catch(() => undefined);
    }
  },
};

async function createTicket(bus) {
  const headers = { authorization: `Bearer ${bus.tokens.subscriber}` };
  const response = await fetch(`${bus.url}/v1/tickets`, { method: 'POST', headers });
  if (!response.ok) throw new Error(`POST /v1/tickets was answered with ${response.status}: ${await response.text()}`);
  return (await response.json()).ticket;
}

function servePage(source) {
  return new Promise((resolve) => {
    let done;
    const result = new Promise((report) => (done = report));
    const server = createServer(async (request, response) => {
      if (request.method !== 'POST') return response.setHeader('content-type', 'text/html').end(pageOf(source));
      let body = '';
      for await (const part of request) body += part;
      response.end();
      done(JSON.parse(body));
    });
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, result, close }));
  });
}
