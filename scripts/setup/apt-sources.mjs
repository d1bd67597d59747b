import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One archive that the machine's package manager uses.
 * @typedef {{ uri: string, suites: string[], signedBy?: string }} AptSource
 */

/** Reads the archives of this machine in the order in which its files name them. */
export async function readAptSources(folder = '/etc/apt') {
  const parts = join(folder, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).sort();
  const files = [join(folder, 'sources.list'), ...names.map((name) => join(parts, name))];
  const found = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (file.endsWith('.list')) found.push(...parseOneLine(text));
    else if (file.endsWith('.sources')) found.push(...parseDeb822(text));
  }
  return found;
}

/** `deb [signed-by=/path arch=amd64] http://mirror/debian bookworm main` */
function parseOneLine(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line);
    if (!match) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(match[1] ?? '')?.[1];
    return [{ uri: match[2], suites: [match[3]], signedBy }];
  });
}

/** Parses paragraphs of `Field: value`, where an indented line continues the value before it. */
function parseDeb822(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map();
    for (const [, name, value] of paragraph.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
      fields.set(name.toLowerCase(), value.trim());
    }
    const words = (name) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') return [];
    return words('uris').map((uri) => ({ uri, suites: words('suites'), signedBy: fields.get('signed-by') }));
  });
}

/**
 * Picks the distribution's main archive: one with a suite of its own, not only security or updates, and not a third
 * party's. A mirror may have any name, so the suite counts more than the address.
 */
export function mainArchive(sources, { name, codename }) {
  const candidates = sources.filter(
    ({ uri, suites }) =>
      !uri.startsWith('cdrom:') &&
      !/security/.test(uri) &&
      suites.some((suite) => !suite.endsWith('/') && !/-(security|updates|backports|proposed)/.test(suite)),
  );
  const named = candidates.filter(({ uri }) => uri.toLowerCase().includes(name));
  const ownSuite = (source) => source.suites.includes(codename);
  return named.find(ownSuite) ?? candidates.find(ownSuite) ?? named[0] ?? candidates[0];
}
