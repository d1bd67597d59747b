import { table } from '../../../table.js';
import { type SampleDepartments, sampleGrant } from './sample-departments.js';

export interface IntroductionFacts {
  url: string;
  trial: boolean;
  dataDir: string;
  tokenPath: string | undefined;
  departments: SampleDepartments;
  startedInMs: number;
  /** Events of the simulation that earlier starts have stored. */
  found: number;
}

const TRY: readonly (readonly [grant: string, what: string])[] = [
  ['g-tax-licences', 'business licences, the name of the representative masked'],
  ['g-gulou-residents', 'residents of one district: who moves in, changes, moves out'],
  ['g-statistics-births', 'births without names: keys hashed, dates cut to the year'],
];

/** The lines printed at the start: addresses to open and commands to try. */
export function introduction(facts: IntroductionFacts): string[] {
  const { url, dataDir, tokenPath, departments } = facts;
  const examples = TRY.map(([id, what]) => {
    const { grant, system, entryItems } = sampleGrant(departments, id);
    const command = `SLUICE_TOKEN=${system.token} npx sluice subscribe ${id} --url ${url}`;
    return { command, what: `${what} (${grant.items.length} of ${entryItems} items)` };
  });
  return [
    '',
    `Sluice is serving at ${url}   (after ${(facts.startedInMs / 1000).toFixed(1)} s${facts.trial ? '; trial mode: synthetic data only' : ''})`,
    '',
    ...table(
      ['', '', ''],
      [
        ['  open', `${url}/docs`, 'the HTTP interface, to read and to try'],
        ['', `${url}/metrics`, 'for Prometheus'],
        [
          '  data',
          dataDir,
          facts.found > 0
            ? `found again: the simulation goes on after event ${facts.found}`
            : 'kept for the next start',
        ],
        ...(tokenPath === undefined
          ? []
          : [['  operator', tokenPath, 'token of the platform operator, for SLUICE_TOKEN']]),
      ],
    ).slice(1),
    '',
    'In another terminal, as one of the other departments:',
    ...examples.flatMap(({ command, what }) => [`  ${command}`, `      ${what}`]),
    '',
  ];
}
