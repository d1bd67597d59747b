import { isMap } from '../../../proto/values/is-map.js';
import { ownValue, setOwnValue } from '../../../proto/values/own-value.js';

/** Sets `conditions.range` and the like; undefined takes the field away, and a map that has nothing left. */
export function setField(target: Record<string, unknown>, field: string, value: unknown): void {
  const dot = field.indexOf('.');
  if (dot < 0) {
    if (value === undefined) delete target[field];
    else setOwnValue(target, field, value);
    return;
  }
  const [parent, member] = [field.slice(0, dot), field.slice(dot + 1)];
  const present = ownValue(target, parent);
  // A title that is one text is taken for Chinese, which is what a sheet shows of it.
  const map: Record<string, unknown> = isMap(present) ? { ...present } : {};
  if (value === undefined) delete map[member];
  else setOwnValue(map, member, value);
  if (Object.keys(map).length > 0) setOwnValue(target, parent, map);
  else delete target[parent];
}
