// `npm run demo` as a process: it comes to the right end, says so, and leaves nothing running.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

// As in continuous integration, where some libraries colour what goes into a pipe.
const start = (...words: string[]) => {
  const program = [process.execPath, ...process.execArgv, 'services/demo/src/main.ts'];
  return spawn('env', ['CI=true', ...program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
};

/** Exit code of a child that is being read elsewhere. */
const endOf = async (child: ReturnType<typeof start>): Promise<number | null> => {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // There is no such process.
  }
};

const test = suite('demo');

test('all but one are ok, in plain lines', async () => {
  const child = start('--instances', '4', '--seed', '7');
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    endOf(child),
  ]);
  assert.is(code, 0, out + err);
  // A slow machine may be warned about; nothing may have gone wrong.
  assert.not.match(err, /error/i);
  assert.match(out, /instance\/web-01 {2}creating\.starting → ok/);
  assert.match(out, /^instances\t3 ok, 1 erred$/m);
  assert.match(out, /^heavy\t4 commands$/m);
  assert.match(out, /^ledger\t4 servers and 8 volumes made, each once$/m);
  assert.match(out, /^cloud now\t3 servers, 6 volumes$/m);
  assert.match(out, /^left over\tnothing$/m);
  assert.match(out, /^at a time\t[1-4] servers and [1-4] volumes at most$/m);
  assert.match(out, /\tcreate-server done\tcreating\.booting → creating\.starting\t/);
  assert.not.match(out, '\u001B');
});

test('--keep stays up until it is interrupted, and ends in order', async () => {
  const child = start('--instances', '1', '--keep');
  const ended = endOf(child);
  let server = '';
  for await (const line of createInterface({ input: child.stdout })) {
    server ||= /PAWL_SERVER=(\S+)/.exec(line)?.[1] ?? '';
    if (line.startsWith('End it with')) child.kill('SIGTERM');
  }
  assert.match(server, /^nats:\/\//);
  assert.is(await ended, 0);
  assert.not(isAlive(child.pid ?? 0));
});

test('a wrong command line ends at once with the help', async () => {
  const child = start('--instances', 'many');
  const [err, code] = await Promise.all([text(child.stderr), endOf(child)]);
  assert.is(code, 2);
  assert.match(err, '--instances many: it must be a whole number');
  assert.match(err, 'Usage: npm run demo');
});

test.run();
