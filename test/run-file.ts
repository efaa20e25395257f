// Runs one test file in this process and reports to the runner, run.ts.
// uvu alone exits 0 when a hook throws, when a test throws null and when a file forgets test.run()
// (lukeed/uvu#60, #80, #191, #201, #205), and waits for ever for an open handle. Here each fails.
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The tests of a file, counted. */
export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a file's process tells the runner. */
export type FileReport =
  | { readonly kind: 'test'; readonly name: string }
  | { readonly kind: 'fault'; readonly message: string }
  /** What failed in a suite, as uvu prints it: shown again at the end of a long run. */
  | { readonly kind: 'failures'; readonly text: string }
  | ({ readonly kind: 'result' } & FileResult);

type Suite = () => Promise<[errors: string | true, passed: number, skipped: number, total: number]>;

/** How long after its last test a file may still hold something open. */
const GRACE_MS = 2_000;

const [file = ''] = process.argv.slice(2);
const queue: [name: string | null, ...suites: Suite[]] = [null];
register('./uvu-faults.mjs', import.meta.url);
Object.assign(globalThis, {
  // Test files only queue their suites; this file runs them.
  ...{ UVU_DEFER: 1, UVU_INDEX: 0, UVU_QUEUE: [queue] },
  UVU_FAULT: (fault: unknown) => console.log('\n   FAIL  thrown by a hook, or no Error:', fault),
});

const openBefore = process.getActiveResourcesInfo();

const report = (message: FileReport): void => {
  process.send?.(message);
};

// uvu notes the running test in the suite's state and tells nobody. Listening to that note is the
// only way to learn which test hangs.
let lastTest = '';
Object.defineProperty(Object.prototype, '__test__', {
  configurable: true,
  set(name: string) {
    if (name !== '') lastTest = name;
    report({ kind: 'test', name });
  },
});

const counts = { passed: 0, failed: 0, skipped: 0 };

const runSuite = async (suite: Suite): Promise<void> => {
  lastTest = '';
  const place = (): string => (lastTest === '' ? 'before the first test' : `near "${lastTest}"`);
  try {
    const [errors, passed, skipped, total] = await suite();
    counts.passed += passed;
    counts.failed += total - passed;
    counts.skipped += skipped;
    if (typeof errors === 'string') {
      console.log(`\n${errors.trimEnd()}`);
      report({ kind: 'failures', text: errors.trim() });
    } else if (passed < total) console.log(`   FAIL  the suite stopped ${place()}`);
    if (skipped > 0) console.log(`   SKIP  ${skipped} of the suite's tests`);
    if (total === 0 && skipped === 0) report({ kind: 'fault', message: 'a suite has no tests' });
  } catch (error) {
    console.log(error);
    report({ kind: 'fault', message: `an after hook threw: ${String(error)}` });
  }
};

try {
  await import(pathToFileURL(file).href);
  const suites = queue.slice(1) as Suite[];
  if (suites.length === 0)
    report({ kind: 'fault', message: 'no suite: is test.run() missing at the end?' });
  for (const suite of suites) await runSuite(suite);
} catch (error) {
  console.log(error);
  report({ kind: 'fault', message: `could not be loaded: ${String(error)}` });
}
report({ kind: 'result', ...counts });

setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())]
    .filter((resource) => !openBefore.includes(resource))
    .join(', ');
  report({ kind: 'fault', message: `left something open after its last test: ${open}` });
  process.disconnect?.();
  process.exit(1);
}, GRACE_MS).unref();
