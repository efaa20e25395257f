// The pending table while a step runs: each part is copied the first time it changes.
import type {
  PendingChild,
  PendingCommand,
  PendingPermit,
  PendingTable,
  PendingTimer,
} from '../actor-state.ts';

/** A record that copies itself before its first change. */
export class Changing<Item> {
  current: Readonly<Record<string, Item>>;
  private isCopy = false;

  constructor(before: Readonly<Record<string, Item>>) {
    this.current = before;
  }

  get(key: string): Item | undefined {
    return Object.hasOwn(this.current, key) ? this.current[key] : undefined;
  }

  set(key: string, item: Item): void {
    this.own()[key] = item;
  }

  delete(key: string): void {
    if (Object.hasOwn(this.current, key)) delete this.own()[key];
  }

  private own(): Record<string, Item> {
    if (!this.isCopy) this.current = { ...this.current };
    this.isCopy = true;
    return this.current;
  }
}

const NO_PERMITS: Readonly<Record<string, PendingPermit>> = {};

/** The table of one step. */
export class PendingChanges {
  readonly commands: Changing<PendingCommand>;
  readonly timers: Changing<PendingTimer>;
  readonly children: Changing<PendingChild>;
  readonly permits: Changing<PendingPermit>;
  private readonly before: PendingTable;

  constructor(before: PendingTable) {
    this.before = before;
    this.commands = new Changing(before.commands);
    this.timers = new Changing(before.timers);
    this.children = new Changing(before.children);
    this.permits = new Changing(before.permits ?? NO_PERMITS);
  }

  /** The table after the step: the same object when nothing changed. */
  result(): PendingTable {
    const { commands, timers, children, permits, before } = this;
    const isSame =
      commands.current === before.commands &&
      timers.current === before.timers &&
      children.current === before.children &&
      permits.current === (before.permits ?? NO_PERMITS);
    if (isSame) return before;
    return {
      commands: commands.current,
      timers: timers.current,
      children: children.current,
      ...(Object.keys(permits.current).length > 0 && { permits: permits.current }),
    };
  }
}

/** An empty table. */
export const NOTHING_PENDING: PendingTable = { commands: {}, timers: {}, children: {} };
