// Reading a monitoring page: a login in its address is used, and never shown.
import { createServer } from 'node:http';
import { PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMonitor } from '../../src/doctor/monitor.ts';

const test = suite('monitoring page');

test('a login in the address is used, and stands in no reading and no error', async () => {
  const logins: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    logins.push(request.headers.authorization);
    response.writeHead(logins.length > 1 ? 401 : 200).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://ann:s%40cret@127.0.0.1:${port}`;
  const reading = await readMonitor(url, 5000);
  assert.is(reading.url, `http://127.0.0.1:${port}`);
  const refused: unknown = await readMonitor(url, 5000).catch((error: unknown) => error);
  const message = refused instanceof PawlError ? refused.message : '';
  assert.match(message, /status 401/);
  assert.not.match(message, /cret/);
  assert.is(logins[0], `Basic ${Buffer.from('ann:s@cret').toString('base64')}`);
  await new Promise((resolve) => server.close(resolve));
});

test.run();
