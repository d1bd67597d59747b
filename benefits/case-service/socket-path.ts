import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux; a longer path is cut silently. */
const PATH_BYTES_MAX = 100;

/** The socket of a check: beside its state, or in a folder of this user below the temporary one when that path is too long. */
export function socketPath({ name, stateFolder }: { name: string; stateFolder: string }): string {
  const path = join(stateFolder, `${name}.sock`);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  const short = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(tmpdir(), `sluice-${userInfo().uid}`, `${short}.sock`);
}
