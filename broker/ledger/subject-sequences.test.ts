import t from 'tap';
import { SubjectSequences } from './subject-sequences.js';

const subject = (i: number): string => `ledger.application.ap-${i}`;

t.test('the newest sequence of each of many subjects, also from a copy', async (t) => {
  const sequences = new SubjectSequences();
  t.equal(sequences.get(subject(1)), 0);
  const count = 50_000;
  for (let i = 1; i <= count; i++) sequences.set(subject(i), i);
  for (let i = 1; i <= count; i += 7) sequences.set(subject(i), i + count);
  const copy = new SubjectSequences();
  for (const shard of sequences.save()) copy.load(shard);
  sequences.set(subject(2), 9);
  copy.set(subject(count + 1), 5);
  const wrong = Array.from({ length: count }, (_, i) => i + 1).filter(
    (i) => copy.get(subject(i)) !== (i % 7 === 1 ? i + count : i),
  );
  t.same(wrong, []);
  t.same([copy.get(subject(count + 1)), copy.get(subject(0)), sequences.get(subject(2))], [5, 0, 9]);
});
