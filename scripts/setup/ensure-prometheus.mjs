import { access } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { inProject, root } from '../project.mjs';
import { fetchDebianProgram } from './fetch-debian-program.mjs';

/** What the tests of dashboard/ run; the bus itself needs none of it. */
const PROGRAMS = [
  { package: 'prometheus', binaries: ['usr/bin/prometheus'], minimum: '3.0.0' },
  { package: 'promtool', binaries: ['usr/bin/promtool'], minimum: '3.0.0' },
  {
    package: 'prometheus-alertmanager',
    // Debian's build reads its default templates from a file instead of from itself.
    binaries: [
      'usr/bin/prometheus-alertmanager',
      'usr/share/prometheus/alertmanager/default.tmpl',
      'usr/share/prometheus/alertmanager/email.tmpl',
    ],
    minimum: '0.27.0',
  },
];

/**
 * Fetches Prometheus, promtool and Alertmanager into the project's cache; returns what was done, if anything. Where they
 * cannot be had the tests that need them report themselves skipped.
 */
export async function ensurePrometheus() {
  const done = [];
  for (const program of PROGRAMS) {
    const targets = program.binaries.map((path) => inProject('.cache', program.package, basename(path)));
    if ((await Promise.all(targets.map(exists))).every(Boolean)) continue;
    try {
      const fetched = await fetchDebianProgram(program, isAtLeast);
      if (fetched) done.push(`fetched ${program.package} ${fetched.version} into ${relative(root, fetched.paths[0])}`);
    } catch (error) {
      done.push(`no ${program.package}, its tests will be skipped: ${error.message}`);
    }
  }
  return done.length > 0 ? done.join('\n       ') : undefined;
}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Compares `major.minor.patch` number by number. */
function isAtLeast(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  const i = a.findIndex((number, at) => number !== b[at]);
  return i < 0 || a[i] > b[i];
}
