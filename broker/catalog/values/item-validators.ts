import { Ajv, type ValidateFunction } from 'ajv';
import { LruMap } from '../../../proto/collections/lru-map.js';
import type { NumberedItem } from '../../../proto/entry/entry.js';
import { itemSchema } from '../../../proto/entry/entry-schema.js';
import { RFC3339_FORMATS } from '../../../proto/values/rfc3339.js';

/** Validators that are kept, about 10 KiB each; a catalog of 40,000 entries needs a few hundred, code tables apart. */
const VALIDATORS_MAX = 5_000;

/**
 * Validators of single items, compiled on first use. Compiling takes milliseconds, so entries share them: items of one
 * type with the same limits have the same validator, whatever their entry.
 */
export class ItemValidators {
  readonly #byLimits = new LruMap<string, ValidateFunction>(VALIDATORS_MAX);
  readonly #ajv = new Ajv({
    allErrors: true,
    meta: false,
    validateSchema: false,
    formats: RFC3339_FORMATS,
  });

  /** Validates a value of the item, or an element of it where it is a list. */
  of(item: NumberedItem): ValidateFunction {
    const key = limitsKey(item);
    const known = this.#byLimits.get(key);
    if (known) return known;
    const schema = itemSchema({ ...item, list: false, title: undefined, description: undefined });
    const validate = this.#ajv.compile(schema);
    // Otherwise the Ajv instance would keep every schema for ever.
    this.#ajv.removeSchema(schema);
    this.#byLimits.set(key, validate);
    return validate;
  }
}

/** Equal for items whose values have the same schema. */
const limitsKey = ({ type, minLength, maxLength, pattern, minimum, maximum, codeTable }: NumberedItem): string =>
  JSON.stringify([type, minLength, maxLength, pattern, minimum, maximum, codeTable]);
