import { type ErrorCode, type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import type { Config } from '../../config.js';

/** The settings below `quotas`. */
export type QuotaName = keyof Config['quotas'];

/** A request beyond a quota. It names quota and holder, so that the log can name them to the operator, who sees no answers. */
export class QuotaError extends SluiceError {
  override readonly name = 'QuotaError';

  /** `holder` is `party` or `system` with its id. */
  constructor(
    code: Extract<ErrorCode, 'TOO_MANY' | 'STORE_FULL'>,
    readonly quota: QuotaName,
    readonly holder: string,
    message: string,
    where?: ProblemWhere,
  ) {
    super(code, message, where);
  }
}
