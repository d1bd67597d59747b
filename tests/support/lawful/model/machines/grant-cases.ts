import type { CaseFile, GrantFile } from '../files.js';
import { openCase } from '../grant-making.js';
import { notify } from '../notices.js';
import { type Performing, problem, type Rule, rulesOf } from '../rules.js';
import type { World } from '../world.js';
import { caseRules, FINDINGS, GROUNDS, suspecting, suspender, terminateGuard } from './cases.js';

type Grant = Performing<GrantFile>;

const rectifying = (world: World, { id }: GrantFile): boolean => openCase(world, id)?.state === 'rectifying';

const suspectedAtMost = (world: World, { id }: GrantFile): boolean =>
  (openCase(world, id)?.state ?? 'suspected') === 'suspected';

const caseOf = ({ world, file }: Grant): CaseFile => openCase(world, file.id) as CaseFile;

const ruleOf = (number: string): Rule => caseRules.find((rule) => rule.number === number) as Rule;

/** Does S3, S6 or S7 on the open case, as if the act had been addressed to it. */
function passOn(performing: Grant, number: string): void {
  const { act, officer, world } = performing;
  const file = caseOf(performing);
  const { to, effect } = ruleOf(number);
  file.history.push({ act: act.act, actor: `officer:${officer.id}`, from: file.state, to });
  file.state = to;
  notify(world, file, number, act.act);
  effect?.({ ...performing, file });
}

function suspend(performing: Grant): void {
  const { world, file, officer, made } = performing;
  if (!openCase(world, file.id)) {
    const { provider, demand } = file;
    const opened: CaseFile = {
      kind: 'cases',
      id: made.case as string,
      state: 'suspected',
      own: provider as string,
      proven: false,
      grant: file.id,
      clocks: [],
      provider: provider as string,
      demand: demand as string,
      history: [{ act: 'create', actor: `officer:${officer.id}`, from: undefined, to: 'suspected' }],
    };
    world.put(opened);
    notify(world, opened, 'S1', 'create');
  }
  passOn(performing, 'S3');
}

/** `suspend`, `restore` and `terminate` of a grant: acts on its open case. */
export const grantCaseRules = rulesOf<GrantFile>([
  {
    number: 'S1 S3',
    from: ['in_force'],
    act: 'suspend',
    to: 'elsewhere',
    who: suspecting,
    article: 'R27',
    fields: { ground: GROUNDS },
    stands: suspectedAtMost,
    reason: true,
    effect: suspend,
  },
  {
    number: 'S6',
    from: ['suspended'],
    act: 'restore',
    to: 'elsewhere',
    who: suspender,
    article: 'R27',
    fields: { missed: ['deliver', 'skip'] },
    stands: rectifying,
    guard: (performing) => (caseOf(performing).proven ? [] : [problem('', 'WRONG_STATE')]),
    effect: (performing) => passOn(performing, 'S6'),
  },
  {
    number: 'S7',
    from: ['suspended'],
    act: 'terminate',
    to: 'elsewhere',
    who: suspender,
    article: 'R27',
    fields: { finding: FINDINGS },
    stands: rectifying,
    guard: (performing) => terminateGuard({ ...performing, file: caseOf(performing) }),
    effect: (performing) => passOn(performing, 'S7'),
  },
]);
