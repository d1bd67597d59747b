import type { CaseStore } from '../../../benefits/cases/case-store.js';
import type { StoredDecision } from '../../../benefits/store/decision-table.js';
import type { Entitlement } from './benefit-batch.js';

export interface Comparison {
  decisions: number;
  applying: number;
  /** Decisions whose explanation was compared with the events. */
  explained: number;
  /** The first differences, in words. */
  differences: string[];
}

const CHUNK = 2_000;
const DIFFERENCES_MAX = 10;

/** Compares every decision of a check with a batch, person by person, and its explanation with the events. */
export async function compareWithBatch(store: CaseStore, batch: Map<string, Entitlement>): Promise<Comparison> {
  const comparison: Comparison = { decisions: 0, applying: 0, explained: 0, differences: [] };
  const left = new Map(batch);
  const differ = (text: string) => comparison.differences.length < DIFFERENCES_MAX && comparison.differences.push(text);
  for await (const decision of decisionsOf(store)) {
    const { rule, subject, result } = decision;
    const key = `${rule} ${subject}`;
    const expected = left.get(key);
    left.delete(key);
    comparison.decisions++;
    if ((result?.outcome === 'applies') !== (expected !== undefined)) {
      differ(`${rule}: ${result?.outcome}, the batch says ${expected ? 'applies' : 'nothing'}`);
      continue;
    }
    if (!expected) continue;
    comparison.applying++;
    const figures = pick(result?.figures ?? {});
    if (figures !== pick(expected)) differ(`${rule}: ${figures}, the batch says ${pick(expected)}`);
    const named = namedPositions(decision);
    const missing = expected.positions.filter((position) => !named.has(position));
    if (missing.length > 0) differ(`${rule}: its explanation does not name the events at ${missing.join(', ')}`);
    comparison.explained++;
  }
  for (const { rule } of left.values()) differ(`${rule}: no decision, the batch says applies`);
  return comparison;
}

const pick = ({ amount, from, until }: Partial<Record<'amount' | 'from' | 'until', string | undefined>>): string =>
  JSON.stringify([amount ?? null, from ?? null, until ?? null]);

function namedPositions({ result }: StoredDecision): Set<number> {
  const basis = [...(result?.conditions.flatMap((one) => one.basis) ?? []), ...(result?.figuresBasis ?? [])];
  return new Set(basis.map(({ position }) => position));
}

async function* decisionsOf({ database, decisions, rules }: CaseStore): AsyncGenerator<StoredDecision> {
  for (const { id } of rules.rules) {
    for (let after = ''; ; ) {
      const chunk = await database.transaction((sql) => decisions.subjects(sql, id, after, CHUNK));
      yield* chunk;
      const last = chunk.at(-1);
      if (!last) break;
      after = last.subject;
    }
  }
}
