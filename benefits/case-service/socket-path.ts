import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What a socket's address holds on Linux and macOS, less its end; a longer path is cut without a word. */
const PATH_BYTES_MAX = 100;

/** Where a check answers questions: beside its state, or, when that lies too deep, in a folder of this user's. */
export function socketPath({ name, stateFolder }: { name: string; stateFolder: string }): string {
  const path = join(stateFolder, `${name}.desk`);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  const short = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(tmpdir(), `sluice-${userInfo().uid}`, `${short}.desk`);
}
