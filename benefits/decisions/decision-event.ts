import type { RecordData } from '../../proto/event/event.js';
import type { RuleResult } from '../rules/evaluate-rule.js';
import type { Rule } from '../rules/rule.js';

/** Enough to find the facts again, and far below the size limit of an event; the store keeps all of them. */
const BASIS_MAX = 50;

export interface DecisionSummary {
  rule: Rule;
  subject: string;
  result: RuleResult;
  today: string;
}

/** The data of a decision's event: the outcome, its figures, the reason, and the events that it stands on. */
export function decisionData({ rule, subject, result, today }: DecisionSummary): RecordData {
  const { amount, per, from, until, items } = result.figures ?? { items: {} };
  const data: Record<string, RecordData[string] | undefined> = {
    decision: decisionId(rule.id, subject),
    rule: rule.id,
    ruleVersion: rule.version,
    subject,
    outcome: result.outcome,
    measure: rule.outcome.measure,
    amount,
    per: amount === undefined ? undefined : per,
    validFrom: from,
    validUntil: until,
    decidedOn: today,
    reasonZh: reason(rule, result, 'zh'),
    reasonEn: reason(rule, result, 'en'),
    basis: basisOf(result).slice(0, BASIS_MAX),
    ...items,
  };
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as RecordData;
}

export const decisionId = (rule: string, subject: string): string => `${rule}/${subject}`;

/** `<grant>: <entry>@<position>` of every event that a value was read from. */
export function basisOf({ conditions, figuresBasis }: RuleResult): string[] {
  const all = [...conditions.flatMap(({ basis }) => basis), ...figuresBasis];
  return [...new Set(all.map(({ grant, entry, position }) => `${grant}: ${entry}@${position}`))].sort();
}

/** The part of a decision that receivers act on: while it is the same, nothing is published. */
export const publishedContent = (data: RecordData): string => {
  const { decidedOn: _day, basis: _basis, ...content } = data;
  return JSON.stringify(content);
};

/** The reason of the outcome, in one sentence. */
export function reason(rule: Rule, { outcome, conditions }: RuleResult, language: 'zh' | 'en'): string {
  if (outcome === 'applies') return rule.outcome.words[language] ?? '';
  const unmet = conditions.filter(({ met }) => !met).map(({ words }) => words[language] ?? '');
  const [lead, joint] = language === 'zh' ? ['不符合：', '；'] : ['Not met: ', '; '];
  return `${lead}${unmet.join(joint)}`;
}
