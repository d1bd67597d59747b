import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface FoundServer {
  path: string;
  /** Three numbers, e.g. `2.15.1`. */
  version: string;
}

/** Atomic batches and message TTLs that stay are in from here on. */
export const MINIMUM_VERSION = '2.12.0';
/** From here on an atomic batch is one sync to disk, however many messages it has. */
export const GROUP_COMMIT_VERSION = '2.15.0';

const VERSION_TIMEOUT_MS = 5_000;
/** Where packages put servers; often not on the PATH of a plain user. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const PROJECT_CACHE = fileURLToPath(new URL('../../../../.cache/nats-server/nats-server', import.meta.url));

/** No usable nats-server; the message says what was looked at and what to do. */
export class ServerNotFoundError extends Error {
  override readonly name = 'ServerNotFoundError';
  readonly code = 'NATS_SERVER_NOT_FOUND';
}

/** The first nats-server that is new enough: `SLUICE_NATS_SERVER`, the PATH, system folders, the project's cache. */
export async function findNatsServer(env: NodeJS.ProcessEnv = process.env): Promise<FoundServer> {
  const named = env.SLUICE_NATS_SERVER;
  if (named) return checkNamed(named);
  const tooOld: string[] = [];
  for (const path of candidates(env)) {
    const version = await serverVersion(path);
    if (version === undefined) continue;
    if (isAtLeast(version, MINIMUM_VERSION)) return { path, version };
    tooOld.push(`${path} is ${version}`);
  }
  const seen = tooOld.length > 0 ? ` (${tooOld.join(', ')})` : '';
  throw new ServerNotFoundError(
    `no nats-server ${MINIMUM_VERSION} or newer was found${seen}; run "npm run setup", or install one and name it in SLUICE_NATS_SERVER`,
  );
}

/** Version of the binary at `path`; undefined when there is none or it does not run. */
export async function serverVersion(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Compares dotted versions number by number. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [i, wanted] of want!.entries()) {
    const difference = (have![i] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function checkNamed(path: string): Promise<FoundServer> {
  const version = await serverVersion(path);
  if (version === undefined) throw new ServerNotFoundError(`SLUICE_NATS_SERVER names ${path}, which does not run`);
  if (!isAtLeast(version, MINIMUM_VERSION)) {
    throw new ServerNotFoundError(
      `SLUICE_NATS_SERVER names ${path}, which is ${version}; ${MINIMUM_VERSION} or newer is needed`,
    );
  }
  return { path, version };
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  return [...new Set(folders.map((folder) => join(folder, 'nats-server'))), PROJECT_CACHE];
}
