import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConnectorConfigError, SinkUnfitError } from '../../connectors/runtime/connector-errors.js';
import { isCaseServerOpen } from './case-client.js';
import type { Cases } from './cases.js';

/** Largest rules file that a replay accepts; real ones have some kilobytes. */
const RULES_BYTES_MAX = 1024 * 1024;

/**
 * Serves `explain` and `replay` of a running check to the same user of the same machine, over a socket with mode 0600. An
 * embedded database can be opened by one process only, so other processes have to ask that one; and the socket doubles as the
 * lock of the database: it is opened before it and closed after it.
 */
export class CaseServer implements AsyncDisposable {
  /** Undefined while the database is being opened: requests get 503. */
  cases: Cases | undefined;
  readonly #server = createServer((request, response) => void answer(request, response, this.cases));

  private constructor(private readonly path: string) {}

  /** Throws SinkUnfitError when another process listens there. */
  static async open(path: string, name: string): Promise<CaseServer> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Below a world-writable folder another user may have created this one first.
    const { uid } = await lstat(folder);
    if (process.getuid && uid !== process.getuid())
      throw new SinkUnfitError(`${folder} belongs to another user: remove it, or run the check as that user`);
    if (await isCaseServerOpen(path)) throw new SinkUnfitError(`another process runs connector ${name}: stop it first`);
    // Nobody answers, so the socket file is left over from a dead process.
    await rm(path, { force: true });
    const server = new CaseServer(path);
    await server.#listen();
    return server;
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
    const url = new URL(request.url ?? '/', 'http://localhost');
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
