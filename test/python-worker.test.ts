// The worker in examples/python-worker serves a command on a real server; skipped without Python.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openClient } from '@pawl/client';
import { command, jobMachine, type BusMessage } from '@pawl/core';
import { startHost } from '@pawl/host';
import { connect, openPorts, provision } from '@pawl/jetstream';
import { startNatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { openPython } from './python.ts';
import { validateWire } from './wire-validator.ts';

const PROGRAM = 'examples/python-worker/worker.py';
const REQUIREMENTS = 'examples/python-worker/requirements.txt';
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

const python = await openPython(REQUIREMENTS, '3.11');
const test = suite('python worker');

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
    const { words: keys } = await client.run(countWords, { text: '__proto__ as a text' });
    assert.is(keys, 4);
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
