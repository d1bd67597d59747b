import type { Body } from '../../lawful-bus.js';
import type { GrantFile, ModelFile } from '../../model/files.js';
import type { Difference } from './difference.js';

/** Members of a document, as far as the model has them, that the bus shows with another value. */
export function documentDifferences(file: ModelFile, document: Body): Difference[] {
  return Object.entries(membersOf(file)).flatMap(([member, model]) => {
    const bus = shownAs(member, document[member]);
    return JSON.stringify(model) === JSON.stringify(bus) ? [] : [{ what: `document.${member}`, model, bus }];
  });
}

/** Lists of items and of departments that were asked are compared by names. */
function shownAs(member: string, value: Body): unknown {
  if (!Array.isArray(value)) return value;
  if (member === 'asked') return value.map(({ party }: Body) => party);
  return value.map((one: Body) => (typeof one === 'string' ? one : one.name));
}

function membersOf(file: ModelFile): Record<string, unknown> {
  switch (file.kind) {
    case 'applications': {
      const { entry, system, items, period, lacks } = file.body;
      const lacking = Object.fromEntries(lacks.map((part) => [part, undefined]));
      return { party: file.own, entry, system, items, period, version: file.version, ...lacking };
    }
    case 'grants': {
      const { demand, entry, version, system, items, grantKind } = file;
      return { party: demand, entry, version, system, items, kind: grantKind, ...ofApplication(file) };
    }
    case 'cases':
      return { grant: file.grant };
    case 'demands':
      return { party: file.own, ...(file.asked.length > 0 && { asked: file.asked }) };
    case 'consents': {
      const { consent, entry, grant, items, toParty, until } = file;
      return { kind: consent, entry, grant, items, toParty, until };
    }
    case 'use-records':
      return { grant: file.grant, kind: file.record };
    case 'backflows':
      return { entry: file.entry, grant: file.grant };
    case 'stops':
      return { scope: file.scope, target: file.target };
    case 'contracts':
      return { to: file.until, systems: file.systems };
    default:
      return {};
  }
}

/** A backflow is an order without an application, and has no end. */
const ofApplication = ({ application, period }: GrantFile): object =>
  application === undefined ? {} : { application, period };
