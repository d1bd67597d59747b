import type { ReplayReport } from '../../../benefits/replay/replay.js';
import type { ReplayedState } from '../../../benefits/replay/replay-state.js';
import { table } from '../../table.js';

/** Rows of changes that the table shows; --json has all of them. */
const CHANGES_MAX = 100;

export function replayLines({ rules, changes }: ReplayReport): string[] {
  const summary = rules.map(({ rule, from, to, subjects, changed, changedToday }) => [
    rule,
    from === undefined ? 'new' : String(from),
    String(to),
    String(subjects),
    String(changed),
    String(changedToday),
  ]);
  const shown = changes
    .slice(0, CHANGES_MAX)
    .map(({ rule, subject, before, after, since, differsToday }) => [
      rule,
      subject,
      since,
      stateText(before),
      stateText(after),
      differsToday ? 'yes' : 'no',
    ]);
  const more = changes.length - shown.length;
  return [
    ...table(['RULE', 'FROM', 'TO', 'SUBJECTS', 'CHANGED', 'TODAY'], summary),
    ...(shown.length > 0 ? ['', ...table(['RULE', 'SUBJECT', 'SINCE', 'IN USE', 'NEW', 'DIFFERS TODAY'], shown)] : []),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

function stateText(state: ReplayedState | undefined): string {
  if (!state) return 'none';
  const { amount, per, until } = state.figures ?? {};
  const figures = [
    amount === undefined ? '' : `${amount}${per ? `/${per}` : ''}`,
    until === undefined ? '' : `until ${until}`,
  ];
  return [state.outcome, ...figures.filter((text) => text !== '')].join(' ');
}
