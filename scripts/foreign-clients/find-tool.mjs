import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { runChild } from '../child.mjs';
import { inProject } from '../project.mjs';

const IMPORT_WITHIN_MS = 60_000;

/** Folders with programs: those named by hand go before the PATH; the project's own packages count as part of it. */
const toolFolders = () =>
  [process.env.SLUICE_FOREIGN_TOOLS ?? '', process.env.PATH ?? '']
    .flatMap((folders) => folders.split(delimiter))
    .filter((folder) => folder !== '' && !folder.startsWith(inProject('node_modules')));

/** The path of the first program that has one of the names; undefined when there is none. */
export function findProgram(...names) {
  return names.flatMap((name) => toolFolders().map((folder) => join(folder, name))).find(isExecutable);
}

/** A Python that can import all of the modules; undefined when there is none. */
export async function findPython(...modules) {
  const pythons = toolFolders().flatMap((folder) => [join(folder, 'python3'), join(folder, 'python')]);
  for (const python of [...new Set(pythons)].filter(isExecutable)) {
    const tried = runChild(python, ['-c', `import ${modules.join(', ')}`], { deadlineMs: IMPORT_WITHIN_MS });
    const { code } = await tried.catch(() => ({ code: 1 }));
    if (code === 0) return python;
  }
  return undefined;
}

/** The file that `import` of an npm package would load, seen from the folders of programs. */
export function findPackage(name) {
  for (const folder of toolFolders()) {
    try {
      return createRequire(join(folder, 'from-here.js')).resolve(name);
    } catch {
      // It is not installed beside this folder.
    }
  }
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
