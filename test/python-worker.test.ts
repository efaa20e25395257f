// The worker in examples/python-worker serves a command on a real server; skipped without Python.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openClient } from '@pawl/client';
import { command, jobMachine, type BusMessage } from '@pawl/core';
import { startHost } from '@pawl/host';
import { connect, openPorts, provision } from '@pawl/jetstream';
import { startNatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { validateWire } from './wire-validator.ts';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../examples/python-worker/worker.py', import.meta.url));
const CAN_SERVE = 'import sys, nats; assert sys.version_info >= (3, 11)';

/** A Python that has nats-py: the one at hand, or one in a folder of its own. */
const findPython = async (folder: string): Promise<string | undefined> => {
  try {
    await run('python3', ['-c', CAN_SERVE]);
    return 'python3';
  } catch {
    // No Python, too old, or without nats-py: try to make one.
  }
  try {
    await run('python3', ['-m', 'venv', folder]);
    const python = join(folder, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '--quiet', 'nats-py'], { timeout: 60_000 });
    await run(python, ['-c', CAN_SERVE]);
    return python;
  } catch (error) {
    console.log(`  no Python >= 3.11 with nats-py: ${String(error).split('\n')[0]}`);
    return undefined;
  }
};

const countWords = command({
  name: 'count-words',
  service: 'text',
  encoding: 'json',
  job: true,
  input: z.object({ text: z.string().nullable() }),
  output: z.object({ words: z.number() }),
  retry: { attemptsMax: 2, backoffMs: 250 },
});

const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('The worker has no stdout.');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
};

const folder = mkdtempSync(join(tmpdir(), 'pawl-python-'));
const python = await findPython(folder);
const test = suite('python worker');
test.after(() => rmSync(folder, { recursive: true, force: true }));

const serve = python === undefined ? test.skip : test;

serve('a command of a statechart is served in Python, over JSON alone', async () => {
  const server = await startNatsServer();
  const connection = await connect({ servers: server.url });
  await provision(connection);
  const ports = openPorts(connection);
  const seen: BusMessage[] = [];
  ports.bus.subscribe('pawl.>', (message) => seen.push(message));
  const host = await startHost({
    ports,
    service: 'pawl',
    machines: { job: jobMachine },
    checkSteps: true,
  });
  const child = spawn(python ?? '', [PROGRAM, server.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const client = openClient({ ports });
  try {
    assert.is(await firstLine(child), 'serving count-words of text');
    const { words } = await client.run(countWords, { text: 'one two three' });
    assert.is(words, 3);
    const failure = await client.run(countWords, { text: null }).catch((error: unknown) => error);
    assert.match(String(failure), /AttributeError/);
    for (const { subject, body } of seen) validateWire(subject, body);
    const replies = seen.filter(({ subject }) => subject.startsWith('pawl.in.reply-text.job.'));
    assert.ok(replies.length >= 3, `${replies.length} replies`);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await client.close();
    await host.stop();
    await ports.close();
    await connection.close();
    await server.stop();
  }
});

test.run();
