import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { BusApi } from '../../client/bus-api.js';
import { CANARY_FOLLOWER, CANARY_SOURCE } from '../../proto/canary.js';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const NAME_BYTES = 4;
const NAME = /^[0-9a-f]{8}$/;

export interface CanaryTokens {
  source: string;
  follower: string;
}

/** The canary cannot start with what it was given. The message says what to do. */
export class CanaryConfigError extends Error {
  override readonly name = 'CanaryConfigError';
}

/**
 * The folder of one canary: its two tokens, which only their owner may read, and its name, after which cursors are called.
 * A socket in it tells a second canary that the first one lives; a crash leaves one to which nobody answers.
 */
export class DataFolder {
  private constructor(
    private readonly path: string,
    private readonly lock: Server,
    readonly name: string,
  ) {}

  /** Throws CanaryConfigError when another canary runs on the folder, or when it cannot be used. */
  static async open(path: string): Promise<DataFolder> {
    return usable(path, async () => {
      await mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
      const lock = await lockOf(path);
      try {
        return new DataFolder(path, lock, await nameIn(join(path, 'name')));
      } catch (error) {
        lock.close();
        throw error;
      }
    });
  }

  /** The stored tokens, or new ones that the operator's API makes. Those of another canary end with that. */
  async tokens(operator: BusApi | undefined): Promise<CanaryTokens> {
    const file = join(this.path, 'tokens.json');
    if (existsSync(file)) return readTokens(file);
    if (!operator) {
      throw new CanaryConfigError(
        `${file} is not there: start once with SLUICE_TOKEN of the platform operator, or copy the file of another canary`,
      );
    }
    const renew = async (system: string): Promise<string> =>
      (await operator.json<{ token: string }>(`/v1/systems/${system}/renew-token`, { method: 'POST' })).token;
    const tokens = { source: await renew(CANARY_SOURCE), follower: await renew(CANARY_FOLLOWER) };
    await usable(this.path, () => writePrivate(file, JSON.stringify(tokens)));
    return tokens;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.lock.close(resolve));
  }
}

/** Throws CanaryConfigError where the system refuses the folder: it cannot be written, its disk is full, its path is too long. */
async function usable<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new CanaryConfigError(`${path} cannot be the folder of a canary, which must write to it (--data): ${code}`);
  }
}

/** A name that is no name, such as that of a file which was cut off, is replaced: cursors are called after it. */
async function nameIn(file: string): Promise<string> {
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (NAME.test(known)) return known;
  const name = randomBytes(NAME_BYTES).toString('hex');
  await writePrivate(file, name);
  return name;
}

function readTokens(file: string): CanaryTokens {
  let tokens: Partial<CanaryTokens> = {};
  try {
    tokens = JSON.parse(readFileSync(file, 'utf8')) as CanaryTokens;
  } catch {
    // An unreadable file and one of another shape are the same mistake.
  }
  const { source, follower } = tokens;
  if (typeof source === 'string' && typeof follower === 'string') return { source, follower };
  throw new CanaryConfigError(`${file} does not hold the tokens of a canary: remove it, and start with SLUICE_TOKEN`);
}

async function writePrivate(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

async function lockOf(folder: string): Promise<Server> {
  const path = join(folder, 'lock');
  if (existsSync(path)) {
    if (await answers(path)) {
      throw new CanaryConfigError(`another canary runs on ${folder}: give each a folder of its own (--data)`);
    }
    await rm(path);
  }
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  server.unref();
  return server;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
