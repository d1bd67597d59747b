import fc from 'fast-check';
import { ITEM_TYPES, type Item, type ItemType } from '../../../proto/entry/entry.js';
import type { GrantedItem, Transform } from '../../../proto/entry/grant.js';
import type { RowPredicate } from '../../../proto/entry/rows.js';
import type { ScenarioItem } from './scenario.js';
import { poolOf } from './value-pools.js';

const CODES = ['A', 'B', 'AB', '乙'];

/** The identifier first, then up to `most` others. */
export function itemsArbitrary(most: number): fc.Arbitrary<ScenarioItem[]> {
  const others = fc.array(fc.tuple(itemArbitrary(), fc.constantFrom('both', 'both', 'both', 'first', 'second')), {
    maxLength: most,
  });
  return fc.tuple(identifierArbitrary(), others).map(([identifier, rest]) => [
    { item: identifier, versions: 'both' as const },
    ...rest.map(([item, versions], index) => ({
      item: { ...item, name: `i${index + 1}` },
      versions: versions as ScenarioItem['versions'],
    })),
  ]);
}

function identifierArbitrary(): fc.Arbitrary<Item> {
  return fc.record({
    name: fc.constant('key'),
    type: fc.constantFrom<ItemType>('string', 'string', 'integer'),
    identifier: fc.constant(true),
    filterable: fc.boolean(),
  });
}

function itemArbitrary(): fc.Arbitrary<Item> {
  const shape = fc.record({
    type: fc.constantFrom(...ITEM_TYPES),
    isList: fc.nat(4).map((n) => n === 4),
    isFilterable: fc.boolean(),
    isRequired: fc.nat(9).map((n) => n === 9),
    maskRule: fc.option(fc.record({ keepFirst: fc.nat(3), keepLast: fc.nat(3) }, { requiredKeys: [] }), {
      nil: undefined,
    }),
  });
  return shape.map(({ type, isList, isFilterable, isRequired, maskRule }) => ({
    name: '',
    type,
    ...(isList ? { list: true } : {}),
    ...(isFilterable && !isList && type !== 'object' ? { filterable: true } : {}),
    ...(isRequired ? { required: true } : {}),
    ...(maskRule && type === 'string' ? { maskRule } : {}),
    ...(type === 'code' ? { codeTable: CODES } : {}),
  }));
}

/** Undefined for an item that is not granted. */
export function grantedItemArbitrary(item: Item): fc.Arbitrary<GrantedItem | undefined> {
  const plain: GrantedItem = { name: item.name };
  if (item.identifier) return fc.constantFrom<GrantedItem>(plain, plain, { ...plain, transform: 'hash' });
  const transforms = transformsOf(item).map((transform) => ({ ...plain, transform }));
  return fc.constantFrom<(GrantedItem | undefined)[]>(plain, plain, undefined, ...transforms);
}

function transformsOf(item: Item): Transform[] {
  switch (item.type) {
    case 'string':
    case 'code':
      return ['mask', 'hash'];
    case 'date':
    case 'datetime':
      return ['year', 'hash'];
    case 'integer':
    case 'decimal':
      return ['hash'];
    default:
      return [];
  }
}

/** A condition that some values of the pool meet. */
export function predicateArbitrary(item: Item): fc.Arbitrary<RowPredicate> {
  const value = fc.constantFrom(...(poolOf(item) as string[]));
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 4 });
  const predicates: fc.Arbitrary<RowPredicate>[] = [
    fc.record({ is: value }),
    fc.record({ in: values }),
    fc.record({ notIn: values }),
    fc.record({ in: values, notIn: values }),
  ];
  if (item.type === 'string' || item.type === 'code') {
    predicates.push(fc.record({ prefix: value.filter((text) => text !== '').map((text) => [...text][0] as string) }));
  }
  if (item.type === 'integer' || item.type === 'number' || item.type === 'decimal') {
    predicates.push(fc.record({ min: value }), fc.record({ max: value }), fc.record({ min: value, notIn: values }));
  }
  if (item.type === 'date' || item.type === 'datetime') {
    const bound = item.type === 'date' ? value : fc.oneof(value, fc.constantFrom('2026-11-22', '2026-11-21'));
    predicates.push(fc.record({ from: bound }), fc.record({ to: bound }), fc.record({ to: bound, notIn: values }));
  }
  return fc.oneof(...predicates);
}
