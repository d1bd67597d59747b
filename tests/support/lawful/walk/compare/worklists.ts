import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { ModelFile } from '../../model/files.js';
import { itemOf, type ModelItem } from '../../model/worklist.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { Difference, FoundInList } from './difference.js';
import { differences } from './files.js';

/** Compares an officer's worklist file by file, and its order by the days that are left. A list that is cut off is compared as far as it goes. */
export async function worklistDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const found: FoundInList[] = [];
  for (const late of [false, true]) {
    const { items, more } = await client.read(officer.id, `/v1/desk${late ? '?late=true' : ''}`);
    const shown = new Map(items.map((item: Body) => [`${item.file.file.kind}/${item.file.file.id}`, item]));
    for (const file of world.files.values()) {
      const model = itemOf(world, officer, file);
      const expected = model && (!late || model.isLate) ? model : undefined;
      const item = shown.get(`${file.kind}/${file.id}`);
      if (expected && !item && more) continue;
      const one = itemDifferences({ world, officer, file }, expected, item);
      if (one.length > 0) found.push({ file, found: one });
    }
    const order: number[] = items.map(({ daysLeft }: Body) => daysLeft ?? Number.MAX_SAFE_INTEGER);
    const isSorted = order.every((days, at) => at === 0 || (order[at - 1] as number) <= days);
    if (!isSorted)
      found.push({ file: undefined, found: [{ what: 'order of the worklist', model: 'by days', bus: order }] });
  }
  return found;
}

interface Seen {
  world: World;
  officer: ModelOfficer;
  file: ModelFile;
}

function itemDifferences({ world, officer, file }: Seen, model: ModelItem | undefined, item: Body): Difference[] {
  if (!model || !item) {
    const same = (model === undefined) === (item === undefined);
    return same ? [] : [{ what: `worklist of ${officer.id}`, model, bus: item && { ...item, file: undefined } }];
  }
  const { act, daysLeft, clock } = item;
  const isAct = act === null ? model.acts.length === 0 : model.acts.includes(act);
  const isClock = clock === null ? model.daysLeft === null : model.clocks.includes(clock);
  const same = isAct && isClock && daysLeft === model.daysLeft;
  const shown = differences(world, officer, file, item.file);
  return same ? shown : [{ what: `worklist of ${officer.id}`, model, bus: { act, daysLeft, clock } }, ...shown];
}
