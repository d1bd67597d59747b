import t from 'tap';
import { ERROR_KINDS, type ErrorCode, type Problem } from '../proto/errors.js';
import { ApiError, PublishRefusedError } from './errors.js';
import { isRetryableProblem } from './retryable.js';

const problem = (code: string, status: number): Problem =>
  ({ code: code as ErrorCode, status, title: 'a title', detail: 'a detail' }) as Problem;

t.test('a known code decides whether a problem is retried, whatever its status', async (t) => {
  for (const [code, { retryable }] of Object.entries(ERROR_KINDS)) {
    t.equal(isRetryableProblem(problem(code, 429)), retryable, code);
    t.equal(isRetryableProblem(problem(code, 422)), retryable, code);
  }
});

t.test('an unknown code is retried for 408, 429 and 5xx and for no other status', async (t) => {
  for (const status of [408, 429, 500, 503, 507]) t.ok(isRetryableProblem(problem('CODE_OF_TOMORROW', status)));
  for (const status of [400, 401, 403, 404, 409, 413, 422]) {
    t.notOk(isRetryableProblem(problem('CODE_OF_TOMORROW', status)), String(status));
  }
});

t.test('errors that carry a problem follow the same rule', async (t) => {
  t.ok(new ApiError(problem('CODE_OF_TOMORROW', 429), undefined).retryable);
  t.ok(new PublishRefusedError('e1', problem('CODE_OF_TOMORROW', 429)).retryable);
  t.notOk(new ApiError(problem('CODE_OF_TOMORROW', 422), undefined).retryable);
});
