import type { Explanation } from '../../../benefits/decisions/explain.js';
import type { ConditionResult, Figures } from '../../../benefits/rules/evaluate-rule.js';
import { titleText } from '../../title-text.js';

/**
 * Renders a decision as a citizen's adviser reads it: the outcome, each condition with its value, and the events behind
 * it.
 */
export function explanationLines(explained: Explanation): string[] {
  const { rule, version, title, subject, outcome, reason, decidedOn, nextLook, figures, conditions, changes } =
    explained;
  return [
    `${titleText(title)} (${rule}, version ${version}): ${subject}`,
    `  outcome     ${outcome}`,
    `  reason      ${reason.zh}`,
    `              ${reason.en}`,
    ...figureLines(figures),
    `  decided on  ${decidedOn ?? '-'}`,
    `  next look   ${nextLook ?? 'when something happens'}`,
    '  conditions',
    ...conditions.flatMap(findingLines),
    '  changes',
    ...changes.map(({ day, version: by, outcome: what, cause }) => `    ${day}  ${what} (version ${by}): ${cause}`),
    '',
  ];
}

function figureLines(figures: Figures | undefined): string[] {
  if (!figures) return [];
  const { amount, per, from, until, items } = figures;
  return [
    ...(amount === undefined ? [] : [`  amount      ${amount}${per === undefined ? '' : ` per ${per}`}`]),
    ...(from === undefined && until === undefined ? [] : [`  period      ${from ?? '…'} to ${until ?? '…'}`]),
    ...Object.entries(items).map(([name, value]) => `  ${name.padEnd(10)}  ${String(value)}`),
  ];
}

function findingLines({ words, met, checks, basis }: ConditionResult): string[] {
  return [
    `    [${met ? 'met' : 'not met'}] ${titleText(words)}`,
    ...checks.map(({ value, found, operator, against }) =>
      `      ${value}: ${shown(found)} ${operator} ${against === undefined ? '' : shown(against)}`.trimEnd(),
    ),
    ...basis.map(
      ({ entry, position, op, grant, item, value }) =>
        `      from ${entry}@${position} (${op}, grant ${grant})${item === undefined ? '' : `: ${item} = ${shown(value)}`}`,
    ),
  ];
}

const shown = (value: unknown): string => (value === undefined ? 'no value' : JSON.stringify(value));
