import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../child.mjs';
import { findProgram } from './find-tool.mjs';

/** The fuzzer repeats itself until this time is spent. */
const FUZZ_S = 90;
const FUZZ_WITHIN_MS = 300_000;
const CASES_PER_OPERATION = 20;

/**
 * Refusals of what the schema allows, which no JSON Schema can rule out: the parties, systems and entries that a document
 * names must exist, and an id must be that of the address.
 */
const KNOWN_REFUSALS = ['POST /v1/bundles', 'POST /v1/grants', 'PUT /v1/catalog/{entry}'];
const SCHEMA_VALID_REJECTED = 'ST202';

/** The check that sends wrong tokens sends so many that they are slowed down; 429 is the documented answer then. */
const INVALID_TOKEN_ANSWER = 'ST401';

/** The statuses with which the fuzzer lets a wrong body be refused, and 413: one beyond the limit of its route is not read. */
const CONFIGURATION = `[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
`;

/** It would renew the token that the fuzzer itself uses, and every later request would be answered with 401. */
const EXCLUDED_OPERATION = 'renewOfficerToken';

export const schemathesis = {
  name: 'schemathesis',
  find: () => findProgram('schemathesis', 'st'),
  howToGet: 'pip install schemathesis, in a virtual environment whose bin folder SLUICE_FOREIGN_TOOLS names',
  run: async ({ program, bus, folder }) => {
    const report = join(folder, 'report.json');
    const configuration = join(folder, 'schemathesis.toml');
    await writeFile(configuration, CONFIGURATION);
    const args = [
      '--config-file',
      configuration,
      'run',
      `${bus.url}/docs/json`,
      '--header',
      `Authorization: Bearer ${bus.tokens.operator}`,
    ];
    const amount = ['--checks', 'all', '--max-examples', String(CASES_PER_OPERATION), '--max-time', String(FUZZ_S)];
    const operations = ['--exclude-operation-id', EXCLUDED_OPERATION];
    const seed = process.env.SLUICE_FOREIGN_SEED ? ['--seed', process.env.SLUICE_FOREIGN_SEED] : [];
    const output = ['--report', 'json', '--report-json-path', report, '--no-color'];
    const ran = await runChild(program, [...args, ...amount, ...operations, ...seed, ...output], {
      cwd: folder,
      deadlineMs: FUZZ_WITHIN_MS,
    });
    const result = await readFile(report, 'utf8').then(JSON.parse, () => undefined);
    if (!result?.complete || result.errors.length > 0) throw new Error(ran.output);
    const failures = result.failures.flatMap(({ code, title, operations }) =>
      operations.map((operation) => ({ code, operation, text: `${code} ${title}: ${operation}` })),
    );
    const unknown = failures.filter((failure) => !isKnown(failure, ran.output));
    if (unknown.length > 0)
      throw new Error([failuresOf(ran.output), ...unknown.map(({ text }) => text), seedOf(ran.output)].join('\n'));
    return {
      note: `${result.test_cases.generated} cases, ${failures.length} failures that are known`,
    };
  },
};

function isKnown({ code, operation }, output) {
  if (code === SCHEMA_VALID_REJECTED) return KNOWN_REFUSALS.includes(operation);
  if (code !== INVALID_TOKEN_ANSWER) return false;
  const answers = [...output.matchAll(/got `(\d+)[^`]*` for `([^`]+)` \(invalid/g)].filter(
    ([, , name]) => name === operation,
  );
  return answers.length > 0 && answers.every(([, status]) => status === '429');
}

/** The part of the output that shows each failure with its request; all of the output where there is no such part. */
const failuresOf = (output) => /=+ FAILURES =+\n([\s\S]*?)(?=\n=+ (?:WARNINGS|SUMMARY) =)/.exec(output)?.[1] ?? output;

/** Taken from the text: the seed has more digits than a number of JSON keeps. */
const seedOf = (output) =>
  `again with the same cases: SLUICE_FOREIGN_SEED=${/^Seed: (\d+)/m.exec(output)?.[1] ?? '(no seed was printed)'}`;
