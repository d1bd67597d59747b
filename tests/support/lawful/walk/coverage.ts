import type { ModelFile } from '../model/files.js';
import { RULES, type Verdict } from '../model/judge.js';
import type { Rule } from '../model/rules.js';

/** Transitions that machines of later versions cause (changes, disputes, complaints), and one of years after a walk. */
const LATER = ['A14', 'G13', 'S9', 'use-records remove'];
/** Refusals that a long walk gives, each with its article. */
const REFUSALS = [
  'BAD_REQUEST R8',
  'NOT_FOUND',
  'STALE',
  'WRONG_STATE',
  'CONFLICT',
  'NOT_YOUR_ROLE R11',
  'NOT_YOUR_ROLE R36',
  'FOUR_EYES R20',
  'TRIAL_ONLY R16',
  'DIGEST_DIFFERS R42',
  'INCOMPLETE R12',
  'INCOMPLETE R13',
  'INCOMPLETE R20',
  'INCOMPLETE R27',
  'INCOMPLETE R35',
  'INCOMPLETE R37',
  'NO_REASON R15',
  'NO_REASON R21',
  'NO_REASON R27',
  'NO_REASON R35',
  'LATE_CONDITION R15',
  'RANK_TOO_LOW R14',
  'SECRET_ITEM R3',
  'CORE_DATA R34',
  'NOT_SHARED R14',
  'NOT_IN_CATALOG R20',
  'NO_BODY_HEAD R11',
  'ENTRY_INVALID R6',
  'ENTRY_INVALID R23',
  'INCOMPATIBLE_VERSION R27',
  'SECOND_SUPPLEMENT R21',
  'PAPERS_NO_REFUSAL R21',
  'EXTENSION_SPENT R17',
  'EXTENSION_SPENT R21',
  'OVERDUE R17',
  'OVERDUE R21',
  'NOT_DELIVERED R22',
  'LIVE_GRANTS R27',
  'RECORD_LOCKED R29',
];

/** Numbers of a transition; small files have acts instead. */
const namesOf = ({ number, act }: Rule): string[] => (/^[A-Z]/.test(number) ? number.split(' ') : [`${number} ${act}`]);

/** How often each transition was made and each refusal given. */
export class Coverage {
  readonly #transitions = new Map<string, number>();
  readonly #refusals = new Map<string, number>();

  count({ refusal, rule, unchanged }: Verdict): void {
    if (refusal) {
      const { code, article } = refusal;
      const name = article === undefined ? code : `${code} ${article}`;
      this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
    } else if (!unchanged && rule) {
      for (const name of namesOf(rule)) this.countTransition(name);
    }
  }

  countTransition(number: string): void {
    this.#transitions.set(number, (this.#transitions.get(number) ?? 0) + 1);
  }

  /** Acts of the bus itself, from the histories of files. */
  countBus(files: Iterable<ModelFile>): void {
    for (const { kind, history } of files) {
      for (const { actor, act, from } of history) {
        if (actor !== 'bus') continue;
        const rule = RULES[kind].find(
          (one) => one.who.includes('bus') && one.act === act && one.from.includes(from ?? '–'),
        );
        if (rule) this.countTransition(rule.number);
      }
    }
  }

  /** Transitions and refusals that did not occur. */
  missing(): string[] {
    const all = Object.values(RULES).flatMap((rules) => rules.flatMap(namesOf));
    return [
      ...all.filter((name) => !LATER.includes(name) && !this.#transitions.has(name)),
      ...REFUSALS.filter((name) => !this.#refusals.has(name)),
    ];
  }

  report(): string {
    const listed = (counts: Map<string, number>): string =>
      [...counts]
        .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
        .map(([name, count]) => `${name}: ${count}`)
        .join(', ');
    return `transitions ${listed(this.#transitions)}; refusals ${listed(this.#refusals)}`;
  }
}
