import type { RuleInput } from '../../../benefits/rules/evaluate-rule.js';
import { parseRule } from '../../../benefits/rules/parse-rules.js';
import type { Rule } from '../../../benefits/rules/rule.js';
import type { ConditionDocument, RuleDocument, ValueDocument } from '../../../benefits/rules/rule-document.js';
import type { Fact } from '../../../benefits/rules/scope.js';
import type { RecordData } from '../../../proto/event/event.js';

/** A rule about a person with one condition, and their children as many records. */
export function ruleDocument(test: ConditionDocument, amount: ValueDocument = 1): RuleDocument {
  return {
    id: 'sample',
    version: 1,
    title: { zh: '例', en: 'Sample' },
    entry: 'party.decision',
    about: 'person',
    sources: {
      person: {
        grant: 'g-people',
        items: {
          name: 'string',
          born: 'date',
          moved: 'date',
          seen: 'datetime',
          income: 'decimal',
          rooms: 'integer',
          married: 'boolean',
          tags: { list: 'string' },
        },
      },
      children: {
        grant: 'g-children',
        key: 'mother',
        many: true,
        items: { mother: 'string', born: 'date', name: 'string' },
      },
      death: { grant: 'g-deaths', optional: true, items: { day: 'date' } },
    },
    conditions: [{ id: 'only', words: { zh: '条件', en: 'the condition' }, test }],
    outcome: { measure: 'pay', words: { zh: '是', en: 'yes' }, amount },
  };
}

export const sampleRule = (test: ConditionDocument, amount?: ValueDocument): Rule =>
  parseRule(ruleDocument(test, amount), 'Asia/Shanghai');

export interface Sample {
  person?: RecordData;
  children?: RecordData[];
  death?: RecordData;
}

/** Records of one subject; positions count from 1 in the order person, children, death. */
export function joined({ person, children = [], death }: Sample): RuleInput {
  let position = 0;
  const fact = (data: RecordData): Fact => ({ record: `r${++position}`, position, op: 'create', data });
  const records = new Map([
    ['person', person ? [fact(person)] : []],
    ['children', children.map(fact)],
    ['death', death ? [fact(death)] : []],
  ]);
  const entries = new Map([...records.keys()].map((name) => [name, `party.${name}`]));
  return { records, gone: new Map(), entries, notInForce: new Set() };
}
