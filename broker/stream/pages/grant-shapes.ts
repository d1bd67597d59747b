import type { ItemField } from '../../../proto/entry/item-field.js';
import type { GrantAccess } from '../subscriptions/grant-access.js';
import { View, viewKey } from '../views/view.js';

/** The items that a grant delivers. */
export interface DeliveredShape {
  entry: string;
  fields: ItemField[];
}

/** Describes what a grant delivers, for its schema and its protobuf definition. */
export class GrantShapes {
  constructor(private readonly access: GrantAccess) {}

  /** Throws UNKNOWN_GRANT, GRANT_NOT_IN_FORCE, … as a subscription would. */
  shape(system: string, grant: string): DeliveredShape {
    const open = this.access.open(system, grant);
    const source = this.access.viewSource(open, undefined);
    const view = new View(viewKey(source), open.grant.entry, source);
    return { entry: open.grant.entry, fields: view.fields };
  }
}
