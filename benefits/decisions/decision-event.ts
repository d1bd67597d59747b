import type { RecordData } from '../../proto/event/event.js';
import type { Rule } from '../rules/rule.js';
import type { Verdict } from '../rules/verdict.js';

/** Enough to find the facts again, and far below the largest event; the store keeps all of them. */
const BASIS_MAX = 50;

export interface DecisionText {
  rule: Rule;
  subject: string;
  verdict: Verdict;
  today: string;
}

/** What a decision tells other departments: the outcome, its figures, why, and the events that it stands on. */
export function decisionData({ rule, subject, verdict, today }: DecisionText): RecordData {
  const { amount, per, from, until, items } = verdict.figures ?? { items: {} };
  const data: Record<string, RecordData[string] | undefined> = {
    decision: decisionId(rule.id, subject),
    rule: rule.id,
    ruleVersion: rule.version,
    subject,
    outcome: verdict.outcome,
    measure: rule.outcome.measure,
    amount,
    per: amount === undefined ? undefined : per,
    validFrom: from,
    validUntil: until,
    decidedOn: today,
    reasonZh: reason(rule, verdict, 'zh'),
    reasonEn: reason(rule, verdict, 'en'),
    basis: basisOf(verdict).slice(0, BASIS_MAX),
    ...items,
  };
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as RecordData;
}

export const decisionId = (rule: string, subject: string): string => `${rule}/${subject}`;

/** `<grant>: <entry>@<position>` of every event that a value comes from. */
export function basisOf({ conditions, figuresBasis }: Verdict): string[] {
  const all = [...conditions.flatMap(({ basis }) => basis), ...figuresBasis];
  return [...new Set(all.map(({ grant, entry, position }) => `${grant}: ${entry}@${position}`))].sort();
}

/** What receivers act on: when this is the same there is nothing to tell. */
export const substanceOf = (data: RecordData): string => {
  const { decidedOn: _day, basis: _basis, ...substance } = data;
  return JSON.stringify(substance);
};

/** Why, in one sentence. */
export function reason(rule: Rule, { outcome, conditions }: Verdict, language: 'zh' | 'en'): string {
  if (outcome === 'applies') return rule.outcome.words[language] ?? '';
  const unmet = conditions.filter(({ met }) => !met).map(({ words }) => words[language] ?? '');
  const [lead, joint] = language === 'zh' ? ['不符合：', '；'] : ['Not met: ', '; '];
  return `${lead}${unmet.join(joint)}`;
}
