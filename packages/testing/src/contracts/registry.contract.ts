// Contract of the port Registry: machines by type and version, tasks by service and name.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionOf, type ActorAddress } from '@pawl/core';
import type { MachineRecord, ScheduleRecord, TaskRecord } from '@pawl/core';
import {
  bodyOf,
  contractSuite,
  rejectsWith,
  uniqueActor,
  uniqueName,
  type OpenBroker,
} from './contract-broker.ts';
import { DeliveryRecorder } from './delivery-recorder.ts';

const machineOf = (
  type: string,
  service: string,
  more: Partial<MachineRecord> = {},
): MachineRecord => ({
  type,
  service,
  version: '1',
  digest: 'digest-1',
  definition: { id: type, states: { ok: {} } },
  inputSchema: { type: 'object', properties: { name: { type: 'string' } } },
  events: { DELETE: true, EXTEND: { type: 'object' } },
  commands: [{ service, name: 'create', encoding: 'msgpack', job: false }],
  ...more,
});

const taskOf = (service: string, name: string): TaskRecord => ({
  service,
  name,
  class: 'heavy',
  inputSchema: { type: 'object' },
  encoding: 'msgpack',
  job: true,
});

const scheduleOf = (name: string, service: string): ScheduleRecord => ({
  name,
  service,
  digest: 'digest-1',
  definition: {
    timing: { everyMs: 60_000 },
    target: { kind: 'fan-out', type: 'volume', event: { type: 'PULL' } },
    overlap: 'skip',
    catchUp: 'latest',
  },
  isApplied: false,
});

/** The suite; end the test file with `test.run();`. */
export const registryContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('registry', name, open);

  test('a machine is found by type and version, through any connection', async () => {
    const other = await broker().connect();
    const record = machineOf(uniqueName('type'), uniqueName('service'));
    assert.is(await ports().registry.machine(record.type, '1'), undefined);
    await ports().registry.registerMachine(record);
    assert.equal(await other.ports.registry.machine(record.type, '1'), record);
    assert.is(await other.ports.registry.machine(record.type, '2'), undefined);
    await other.end();
  });

  test('versions of a type are listed in the order of registration', async () => {
    const { registry } = ports();
    const [type, service] = [uniqueName('type'), uniqueName('service')];
    for (const version of ['1', '10', '2', 'a b', '1.0.3-rc.1+x'])
      await registry.registerMachine(machineOf(type, service, { version, digest: version }));
    const versions = (await registry.machines(type)).map(({ version }) => version);
    assert.equal(versions, ['1', '10', '2', 'a b', '1.0.3-rc.1+x']);
    assert.is((await registry.machine(type, 'a b'))?.digest, 'a b');
    const all = await registry.machines();
    assert.is(all.filter((machine) => machine.type === type).length, 5);
    assert.equal(await registry.machines(uniqueName('type')), []);
  });

  test('registering the same again is no error', async () => {
    const record = machineOf(uniqueName('type'), uniqueName('service'));
    await ports().registry.registerMachine(record);
    await ports().registry.registerMachine(record);
    assert.is((await ports().registry.machines(record.type)).length, 1);
  });

  test('a type belongs to one service', async () => {
    const { registry } = ports();
    const record = machineOf(uniqueName('type'), uniqueName('service'));
    await registry.registerMachine(record);
    const claim = machineOf(record.type, uniqueName('service'), { version: '2', digest: 'other' });
    await rejectsWith(registry.registerMachine(claim), 'type-claimed');
    assert.is(await registry.machine(record.type, '2'), undefined);
  });

  test('of two services that claim a type at once, one gets it', async () => {
    const other = await broker().connect();
    const type = uniqueName('type');
    const claims = [ports(), other.ports].map(({ registry }) =>
      registry.registerMachine(machineOf(type, uniqueName('service'))),
    );
    const results = await Promise.allSettled(claims);
    assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.is((await ports().registry.machines(type)).length, 1);
    await other.end();
  });

  test('a retired type is forgotten, and another service may have it', async () => {
    const { registry } = ports();
    const record = machineOf(uniqueName('type'), uniqueName('service'));
    const kept = machineOf(uniqueName('type'), record.service);
    for (const each of [record, { ...record, version: '2' }, kept])
      await registry.registerMachine(each);
    await registry.retireType(record.type);
    await registry.retireType(record.type);
    await registry.retireType(uniqueName('never'));
    assert.equal(await registry.machines(record.type), []);
    assert.is(await registry.machine(record.type, '1'), undefined);
    assert.equal(await registry.machines(kept.type), [kept]);
    const changed = { ...record, service: uniqueName('service'), digest: 'another' };
    await registry.registerMachine(changed);
    assert.equal(await registry.machines(record.type), [changed]);
  });

  test('entries of a retired type are not delivered any more, those of others are', async () => {
    const { journal, registry } = ports();
    const { partitions } = await journal.identity();
    const placeOf = ({ type, id }: ActorAddress): number => partitionOf(type, id, partitions);
    const retired = uniqueActor();
    let kept = uniqueActor();
    while (placeOf(kept) !== placeOf(retired)) kept = uniqueActor();
    const service = uniqueName('service');
    await registry.registerMachine(machineOf(retired.type, service));
    await journal.provisionConsumers(service, [retired.type, kept.type]);
    const recorder = new DeliveryRecorder();
    const consumer = await journal.consume(service, placeOf(retired), recorder);
    const append = async (actor: ActorAddress): Promise<number> =>
      (await journal.append({ ...actor, kindToken: 'event', body: bodyOf('{}') })).sequence;
    const before = await append(retired);
    await broker().waitFor(() => recorder.deliveries.length === 1);
    await registry.retireType(retired.type);
    await append(retired);
    const after = await append(kept);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    assert.equal(recorder.sequences, [before, after]);
    await consumer.close();
  });

  test('the same version with another digest is refused, and changes nothing', async () => {
    const { registry } = ports();
    const record = machineOf(uniqueName('type'), uniqueName('service'));
    await registry.registerMachine(record);
    const changed = { ...record, digest: 'digest-2' };
    await rejectsWith(registry.registerMachine(changed), 'machine-changed');
    assert.equal(await registry.machine(record.type, '1'), record);
  });

  test('tasks are found by service and name; the last word counts', async () => {
    const { registry } = ports();
    const service = uniqueName('service');
    const [create, remove] = [taskOf(service, 'create'), taskOf(service, 'remove')];
    assert.is(await registry.task(service, 'create'), undefined);
    await registry.registerTasks(service, [create, remove]);
    assert.equal(await registry.task(service, 'create'), create);
    assert.is(await registry.task(uniqueName('service'), 'create'), undefined);
    await registry.registerTasks(service, [{ ...create, class: 'background' }]);
    assert.is((await registry.task(service, 'create'))?.class, 'background');
    const own = (await registry.tasks()).filter((task) => task.service === service);
    assert.equal(own.map((task) => task.name).sort(), ['create', 'remove']);
  });

  test('a schedule is declared by one service; another may only declare it alike', async () => {
    const { registry } = ports();
    const other = await broker().connect();
    const schedule = uniqueName('schedule');
    const [service, stranger] = [uniqueName('service'), uniqueName('service')];
    assert.is(await registry.schedule(schedule), undefined);
    const record = scheduleOf(schedule, service);
    await registry.declareSchedule(record);
    assert.equal(await other.ports.registry.schedule(schedule), record);
    await registry.declareSchedule({ ...record, isApplied: true });
    assert.equal(await registry.schedule(schedule), { ...record, isApplied: true });
    await registry.checkSchedule(schedule, service, 'changed');
    await registry.checkSchedule(schedule, stranger, record.digest);
    await rejectsWith(registry.checkSchedule(schedule, stranger, 'changed'), 'schedule-claimed');
    const changed = { ...record, service: stranger, digest: 'changed' };
    await rejectsWith(registry.declareSchedule(changed), 'schedule-claimed');
    assert.equal(await registry.schedule(schedule), { ...record, isApplied: true });
    await other.end();
  });

  test('schedules are listed by name; a removed one is not there, and may be declared', async () => {
    const { registry } = ports();
    const prefix = uniqueName('schedule');
    for (const end of ['b', 'a', 'c'])
      await registry.declareSchedule(scheduleOf(`${prefix}-${end}`, 'shop'));
    await registry.removeSchedule(`${prefix}-c`);
    await registry.removeSchedule(`${prefix}-never`);
    const names = (await registry.schedules()).map((each) => each.name);
    const ours = names.filter((each) => each.startsWith(prefix));
    assert.equal(ours, [`${prefix}-a`, `${prefix}-b`]);
    await registry.declareSchedule(scheduleOf(`${prefix}-c`, 'another'));
    assert.is((await registry.schedule(`${prefix}-c`))?.service, 'another');
  });

  return test;
};
