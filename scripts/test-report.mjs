import { Parser } from 'tap-parser';

/**
 * Reads TAP and writes a line per test file and every failure in full. Counts assertions; the line that sums up a
 * subtest counts only when it fails by itself (a timeout, a wrong plan).
 */
export class TestReport {
  passed = 0;
  failed = 0;
  skipped = 0;
  #write;

  constructor(write) {
    this.#write = write;
  }

  /** Resolves when the input has ended. */
  read(input) {
    const parser = new Parser();
    this.#follow(parser, []);
    return new Promise((resolve) => {
      parser.on('complete', resolve);
      input.pipe(parser);
    });
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }

  #follow(parser, names) {
    let before;
    parser.on('child', (child) => {
      before = { passed: this.passed, failed: this.failed };
      this.#follow(child, [...names, child.name]);
    });
    parser.on('assert', (result) => {
      const subtest = before;
      before = undefined;
      this.#count(result, subtest, names);
      if (names.length === 0 && subtest) this.#writeFile(result, subtest);
    });
    parser.on('bailout', (reason) => this.#write(`Bail out! ${reason}`));
  }

  #count(result, subtest, names) {
    if (result.skip || result.todo) this.skipped++;
    else if (subtest && (result.ok || this.failed > subtest.failed)) return;
    else if (result.ok) this.passed++;
    else {
      this.failed++;
      this.#write(`not ok  ${[...names, result.name].join(' > ')}\n${details(result.diag)}`);
    }
  }

  #writeFile(result, subtest) {
    const count = this.passed + this.failed - subtest.passed - subtest.failed;
    this.#write(`${result.ok ? 'ok    ' : 'not ok'}  ${result.name}  (${count}, ${Math.round(result.time ?? 0)} ms)`);
  }
}

function details(diag) {
  const lines = Object.entries(diag ?? {}).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
    return `${name}: ${text.includes('\n') ? `\n${text}` : text}`;
  });
  return lines.join('\n').replace(/^/gm, '        ');
}
