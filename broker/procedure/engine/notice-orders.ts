import type { Fields, NoticeOrder, ProcedureFile } from '../files/file.js';
import type { ActContext, Receivers } from './machine.js';
import type { Relations } from './relations.js';

/** Names of the table for relations to the file. */
const RELATIONS: Readonly<Record<string, string>> = { P: 'provider', D: 'demand', CD: 'peer', both: 'either' };

type WithKind = Exclude<Receivers, string> & { kind: string };
const hasKind = (one: Receivers): one is WithKind => typeof one !== 'string' && one.kind !== undefined;

/** The notices that an act gives: one of its own kind, and one of each further kind that its row names. */
export function noticeOrders(context: ActContext): NoticeOrder[] {
  const { act, notices = [], noticeKind = act, article } = context.transition;
  const usual = notices.filter((one) => !hasKind(one));
  const to = usual.includes('all') ? 'all' : receivers(usual, context);
  const order = (kind: string, whom: NoticeOrder['to'], details?: Fields): NoticeOrder[] =>
    whom.length === 0
      ? []
      : [{ kind, to: whom, ...(article !== undefined && { article }), ...(details && { details }) }];
  return [
    ...order(noticeKind, to),
    ...notices.filter(hasKind).flatMap((one) => order(one.kind, receivers([one], context), one.details?.(context))),
  ];
}

const receivers = (all: readonly Receivers[], context: ActContext): string[] => [
  ...new Set(
    all.flatMap((one) =>
      typeof one === 'string' ? named(one, context.file, context.world.relations) : one.of(context),
    ),
  ),
];

function named(name: string, { sides, memo }: ProcedureFile, relations: Relations): string[] {
  if (name === 'P if filed') return memo.filedAt === undefined ? [] : relations.resolve('provider', sides);
  if (name === 'CD' && sides.handler !== undefined) return [sides.handler];
  const found = relations.resolve(RELATIONS[name] ?? name, sides);
  return name === 'P' && found.length === 0 ? relations.resolve('own', sides) : found;
}
