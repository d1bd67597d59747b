import t from 'tap';
import { schemaProblem } from './schema-problem.js';

const problem = (allowedValues: unknown[]) => schemaProblem({ keyword: 'enum', params: { allowedValues } });

t.test('a value that is not allowed is answered with those that are, as many as a message holds', async (t) => {
  t.equal(problem(['a', 1, 'c']), 'must be one of a, 1, c');
  const many = problem(Array.from({ length: 5_000 }, (_, i) => `district-${i}`));
  t.match(many, /^must be one of district-0, district-1, .* and 49\d\d more$/);
  t.ok(many.length < 400, `${many.length} characters`);
  t.ok(problem(['x'.repeat(10_000), 'b']).length < 400);
});
