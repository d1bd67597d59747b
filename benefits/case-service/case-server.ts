import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConnectorConfigError, SinkUnfitError } from '../../connectors/runtime/connector-errors.js';
import { isCaseServerOpen } from './case-client.js';
import type { Cases } from './cases.js';

/** A new rule is tried on a rules file, which is small. */
const RULES_BYTES_MAX = 1024 * 1024;

/**
 * Lets the same user of the same machine ask a running check: a socket in the state folder that nobody else may open. It is
 * needed because an embedded database belongs to one process, and so it is the lock of that database, too: opened before it,
 * closed after it.
 */
export class CaseServer implements AsyncDisposable {
  /** Undefined while the database is being opened: nothing can be answered yet. */
  cases: Cases | undefined;
  readonly #server = createServer((request, response) => void answer(request, response, this.cases));

  private constructor(private readonly path: string) {}

  /** Throws SinkUnfitError when another process sits there. */
  static async open(path: string, name: string): Promise<CaseServer> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // In a folder that everybody can write to, somebody else may have made it first.
    const { uid } = await lstat(folder);
    if (process.getuid && uid !== process.getuid()) throw new SinkUnfitError(`${folder} belongs to another user`);
    if (await isCaseServerOpen(path)) throw new SinkUnfitError(`another process runs connector ${name}`);
    // Nobody answers, so what is left there is a dead process's.
    await rm(path, { force: true });
    const desk = new CaseServer(path);
    await desk.#listen();
    return desk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.path, { force: true });
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.path, resolve);
    });
    await chmod(this.path, 0o600);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, cases: Cases | undefined): Promise<void> {
  try {
    if (!cases) return send(response, 503, {});
    const url = new URL(request.url ?? '/', 'http://desk');
    const subject = url.searchParams.get('subject');
    if (url.pathname === '/explain' && subject !== null) {
      send(response, 200, await cases.explain(subject, url.searchParams.get('rule') ?? undefined));
    } else if (url.pathname === '/replay' && request.method === 'POST') {
      if (Number(request.headers['content-length'] ?? RULES_BYTES_MAX) >= RULES_BYTES_MAX)
        return send(response, 413, {});
      send(response, 200, await cases.replay(await text(request)));
    } else {
      send(response, 404, {});
    }
  } catch (error) {
    const problems = error instanceof ConnectorConfigError ? error.problems : undefined;
    send(response, problems ? 422 : 500, { problems: problems ?? ['the check has failed to answer'] });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
