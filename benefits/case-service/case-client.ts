import { type IncomingMessage, request as requestHttp } from 'node:http';
import { json } from 'node:stream/consumers';
import { ConnectorConfigError, ConnectorError } from '../../connectors/runtime/connector-errors.js';
import type { Explanation } from '../decisions/explain.js';
import type { ReplayReport } from '../replay/replay.js';
import type { Cases } from './cases.js';

/** No process listens on the socket: the check does not run. */
class CaseServerClosedError extends ConnectorError {
  override readonly name = 'CaseServerClosedError';
  constructor(path: string) {
    super('PEER_GONE', `no check listens on ${path}: start it with sluice connect`);
  }
}

/** The cases of the check that listens on a socket. Calls throw CaseServerClosedError when there is none. */
export function casesAt(socketPath: string): Cases {
  return {
    explain: (subject, rule) => {
      const query = new URLSearchParams({ subject, ...(rule === undefined ? {} : { rule }) });
      return ask<Explanation[]>(socketPath, 'GET', `/explain?${query}`);
    },
    replay: (rulesText) => ask<ReplayReport>(socketPath, 'POST', '/replay', rulesText),
  };
}

export async function isCaseServerOpen(socketPath: string): Promise<boolean> {
  return ask(socketPath, 'GET', '/').then(
    () => true,
    (error: unknown) => !(error instanceof CaseServerClosedError),
  );
}

async function ask<Answer>(socketPath: string, method: string, path: string, body?: string): Promise<Answer> {
  const response = await send(socketPath, method, path, body);
  const answer = (await json(response)) as Answer & { problems?: string[] };
  if (response.statusCode === 200) return answer;
  if (response.statusCode === 422) throw new ConnectorConfigError(answer.problems ?? []);
  const reason =
    response.statusCode === 503 ? 'the check is starting' : `the check answered with ${response.statusCode}`;
  throw new ConnectorError('PEER_GONE', reason);
}

function send(socketPath: string, method: string, path: string, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body ?? '') };
    const request = requestHttp({ socketPath, method, path, headers }, resolve);
    request.on('error', ({ code }: NodeJS.ErrnoException) => {
      const isClosed = code === 'ENOENT' || code === 'ECONNREFUSED';
      reject(
        isClosed ? new CaseServerClosedError(socketPath) : new ConnectorError('PEER_GONE', `${socketPath}: ${code}`),
      );
    });
    request.end(body);
  });
}
