import { Parser } from 'tap-parser';
import { assertedAt, inSources } from './source-positions.mjs';

/** The sum of all test files. Files may be reported at the same time. */
export class TestReport {
  passed = 0;
  failed = 0;
  skipped = 0;
  #write;

  constructor(write) {
    this.#write = write;
  }

  /** Begins the report of a file. */
  file(name) {
    return new FileReport(name, this.#write, ({ passed, failed, skipped }) => {
      this.passed += passed;
      this.failed += failed;
      this.skipped += skipped;
    });
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/**
 * Reads the TAP of a file and writes every failure in full, and a line when it has ended. Counts assertions; the line that sums up a
 * subtest counts only when it fails by itself (a timeout, a wrong plan).
 */
class FileReport {
  passed = 0;
  failed = 0;
  skipped = 0;
  #name;
  #write;
  #add;
  #parser = new Parser();
  #results = new Promise((resolve) => this.#parser.on('complete', resolve));
  #isRead = false;
  #startedAtMs = Date.now();

  constructor(name, write, add) {
    this.#name = name;
    this.#write = write;
    this.#add = add;
    this.#follow(this.#parser, [name]);
  }

  read(output) {
    this.#isRead = true;
    output.pipe(this.#parser);
  }

  /** Resolves when all was read. `problem` says how the process has ended, if not well. */
  async ended(problem) {
    if (!this.#isRead) this.#parser.end();
    const { ok, plan, failures } = await this.#results;
    const fault = problem ?? (ok ? undefined : failures.map(({ tapError, name }) => tapError ?? name).join(', '));
    if (fault !== undefined && this.failed === 0) this.#fail([this.#name, fault]);
    const isSkipped = plan?.skipAll && fault === undefined;
    if (isSkipped) this.skipped++;
    const what = isSkipped ? `skipped: ${plan.skipReason || plan.comment}` : this.passed + this.failed;
    const verdict = this.failed === 0 ? 'ok    ' : 'not ok';
    this.#write(`${verdict}  ${this.#name}  (${what}, ${Date.now() - this.#startedAtMs} ms)`);
    this.#add(this);
  }

  #follow(parser, names) {
    let before;
    parser.on('child', (child) => {
      before = this.failed;
      this.#follow(child, [...names, child.name]);
    });
    parser.on('assert', (result) => {
      const failedBefore = before;
      before = undefined;
      this.#count(result, failedBefore, names);
    });
    parser.on('bailout', (reason) => this.#write(`Bail out! ${reason}`));
  }

  /** `failedBefore` is there for the line of a subtest: what had failed when it began. */
  #count(result, failedBefore, names) {
    const isSubtest = failedBefore !== undefined;
    if (result.skip || result.todo) this.skipped++;
    else if (isSubtest && (result.ok || this.failed > failedBefore)) return;
    else if (result.ok) this.passed++;
    else this.#fail([...names, result.name], result.diag);
  }

  #fail(names, diag) {
    this.failed++;
    this.#write([`not ok  ${names.join(' > ')}`, ...details(diag)].join('\n'));
  }
}

function details(diag) {
  const { at, ...others } = diag ?? {};
  const found = at ? { at: assertedAt(at), ...others } : others;
  return Object.entries(found).map(([name, value]) => {
    const text = typeof value === 'string' ? inSources(value) : JSON.stringify(value, undefined, 2);
    return `${name}: ${text.includes('\n') ? `\n${text}` : text}`.replace(/^/gm, '        ');
  });
}
