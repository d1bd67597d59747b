import { cp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mustRun } from '../child.mjs';
import { inProject } from '../project.mjs';
import { findPackage, findProgram, findPython } from './find-tool.mjs';
import { runOnBus } from './run-on-bus.mjs';

const TOOL_WITHIN_MS = 180_000;

export const redocly = {
  name: 'redocly lint',
  find: () => findProgram('redocly'),
  howToGet: 'npm install @redocly/cli',
  run: async ({ program, bus, folder }) => {
    const document = await saveOpenApi(bus, folder);
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const args = ['lint', document, '--format', 'stylish'];
    const output = await mustRun(program, args, { cwd: folder, env, deadlineMs: TOOL_WITHIN_MS });
    if (/You have \d+ warning/.test(output)) throw new Error(output);
  },
};

export const spectral = {
  name: 'spectral lint',
  find: () => findProgram('spectral'),
  howToGet: 'npm install @stoplight/spectral-cli',
  run: async ({ program, bus, folder }) => {
    const document = await saveOpenApi(bus, folder);
    const ruleset = join(folder, 'ruleset.json');
    await writeFile(ruleset, JSON.stringify({ extends: 'spectral:oas' }));
    await mustRun(program, ['lint', document, '--ruleset', ruleset, '--fail-severity', 'hint'], {
      cwd: folder,
      deadlineMs: TOOL_WITHIN_MS,
    });
  },
};

/** A client that takes its types from the generated ones is compiled strictly with the project's own compiler, and run. */
export const openApiTypescript = {
  name: 'openapi-typescript',
  find: () => findProgram('openapi-typescript'),
  howToGet: 'npm install openapi-typescript',
  run: async ({ program, bus, folder }) => {
    const options = { cwd: folder, deadlineMs: TOOL_WITHIN_MS };
    const document = await saveOpenApi(bus, folder);
    await mustRun(program, [document, '--output', join(folder, 'sluice.d.ts')], options);
    await cp(inProject('scripts', 'foreign-clients', 'programs', 'generated-client.txt'), join(folder, 'client.mts'));
    const compiler = createRequire(import.meta.url)
      .resolve('typescript/package.json')
      .replace('package.json', 'bin/tsc');
    const types = ['--typeRoots', inProject('node_modules', '@types'), '--types', 'node'];
    const flags = ['--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', ...types, 'client.mts'];
    await mustRun(process.execPath, [compiler, ...flags], options);
    await runOnBus(process.execPath, [join(folder, 'client.mjs')], bus, bus.tokens.subscriber);
  },
};

export const openApiPythonClient = {
  name: 'openapi-python-client',
  find: async () => {
    const generator = findProgram('openapi-python-client');
    const python = await findPython('httpx', 'attr', 'dateutil');
    return generator && python && { generator, python };
  },
  howToGet: 'pip install openapi-python-client, in a virtual environment whose bin folder SLUICE_FOREIGN_TOOLS names',
  run: async ({ program: { generator, python }, bus, folder }) => {
    const document = await saveOpenApi(bus, folder);
    const output = join(folder, 'client');
    const args = ['generate', '--path', document, '--output-path', output, '--meta', 'setup'];
    await mustRun(generator, args, { cwd: folder, deadlineMs: TOOL_WITHIN_MS });
    await runOnBus(python, ['generated_client.py', output], bus, bus.tokens.subscriber);
  },
};

export const asyncApiParser = {
  name: '@asyncapi/parser',
  find: () => findPackage('@asyncapi/parser'),
  howToGet: 'npm install @asyncapi/parser',
  run: async ({ program, bus }) => {
    const { Parser } = await import(pathToFileURL(program).href);
    const text = await getText(`${bus.url}/v1/grants/${bus.grant}/asyncapi.json`, bus.tokens.subscriber);
    const { document, diagnostics } = await new Parser().parse(text);
    const errors = diagnostics.filter(({ severity }) => severity === 0);
    if (errors.length > 0 || document === undefined)
      throw new Error(errors.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n') || 'no document');
  },
};

export const protoc = {
  name: 'protoc',
  find: () => findProgram('protoc'),
  howToGet: 'install the protobuf compiler',
  run: async ({ program, bus, folder }) => {
    const files = await protoFiles(bus);
    for (const { name, text } of files) await writeFile(join(folder, name), text);
    const args = [`--proto_path=${folder}`, '--descriptor_set_out=all.pb', ...files.map(({ name }) => name)];
    await mustRun(program, args, { cwd: folder, deadlineMs: TOOL_WITHIN_MS });
  },
};

/** The library is the project's own, but it did not write the files. */
export const protobufJs = {
  name: 'protobufjs',
  find: () => import('protobufjs'),
  howToGet: 'npm ci',
  run: async ({ program, bus }) => {
    const { parse, Root } = program.default;
    const root = new Root();
    for (const { text } of await protoFiles(bus)) parse(text, root, { keepCase: true });
    root.resolveAll();
    root.lookupType('sluice.v1.Frame');
    const grants = root.lookup(`sluice.grant.${bus.grant.replaceAll('-', '_')}`);
    const entries = root.lookup(`sluice.entry.${bus.entry.replaceAll('-', '_')}`);
    if (!grants || !entries) throw new Error('the packages of the entry and the grant are not in the loaded files');
  },
};

/** The frames, an entry's and a grant's definition: one program loads them all. */
async function protoFiles({ url, entry, grant, tokens }) {
  return [
    { name: 'frames.proto', text: await getText(`${url}/v1/frames.proto`, tokens.subscriber) },
    { name: 'entry.proto', text: await getText(`${url}/v1/catalog/${entry}/event.proto`, tokens.publisher) },
    { name: 'grant.proto', text: await getText(`${url}/v1/grants/${grant}/event.proto`, tokens.subscriber) },
  ];
}

async function saveOpenApi(bus, folder) {
  const document = join(folder, 'openapi.json');
  await writeFile(document, await getText(`${bus.url}/docs/json`, bus.tokens.operator));
  return document;
}

async function getText(url, token) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${url} was answered with ${response.status}: ${text.slice(0, 500)}`);
  return text;
}
