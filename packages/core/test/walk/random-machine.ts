// Random statecharts that use every construct that live XState and the fold share.
import { assign, createMachine, log, sendParent, sendTo } from 'xstate';
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import {
  ActionMaker,
  counter,
  DELAYED,
  EVENTS,
  FROM_CHILD,
  mark,
  markEvent,
  RAISED,
  type Json,
  type Role,
  type WalkContext,
} from './random-actions.ts';
import { probe } from './probe.ts';
import type { Random } from './random.ts';

/** Builds one random machine. */
class MachineBuilder {
  private readonly random: Random;
  private readonly name: string;
  private readonly kids: readonly string[];
  private readonly role: Role;
  private readonly depthMax: number;
  private readonly ids: string[] = [];
  /** Id of the state that gets its transitions. */
  private source = '';
  private readonly maker: ActionMaker;
  private invokes = 0;

  constructor(random: Random, name: string, kids: readonly string[], role: Role) {
    this.random = random;
    this.name = name;
    this.kids = kids;
    this.role = role;
    this.maker = new ActionMaker(random, kids, role);
    this.depthMax = role === 'root' ? 3 : 1;
  }

  build(actors: Record<string, AnyActorLogic>): AnyStateMachine {
    const shape = this.shape('root', 0);
    const root = this.fill(shape, true);
    const on = root['on'] as Json;
    on['PROBE'] = { actions: log(probe as never) };
    for (let index = 0; index < this.maker.spawns; index += 1)
      for (const end of ['done', 'error'])
        on[`xstate.${end}.actor.s${index}`] = {
          actions: markEvent(this.maker.label(`spawned-${end}`)),
        };
    const config = {
      ...root,
      id: `${this.name}-root`,
      version: '1',
      options: { maxIterations: 200 },
      context: ({ input }: { input: { n?: number } | undefined }) => ({
        n: input?.n ?? 0,
        trace: [],
        isAwake: false,
        maySwap: true,
        isNew: true,
      }),
      output: ({ context }: { context: WalkContext }) => ({ n: context.n }),
    };
    const delays = { dynamic: ({ context }: { context: WalkContext }) => 20 + (context.n % 7) };
    const guards = {
      isEven: ({ context }: { context: WalkContext }) => context.n % 2 === 0,
      isThird: ({ context }: { context: WalkContext }) => context.n % 3 === 0,
    };
    const actions = { namedMark: mark('named') };
    return createMachine(config as never, { actors, delays, guards, actions } as never);
  }

  private shape(key: string, depth: number): Json {
    const { random } = this;
    const id = `${this.name}-${key}`;
    const roll = random.below(10);
    const isLeaf = depth > 0 && (depth >= this.depthMax || roll < 5);
    if (isLeaf) {
      this.ids.push(id);
      return { id };
    }
    const isParallel = roll >= 7;
    const count = 2 + random.below(this.role === 'root' ? 2 : 1);
    const states: Json = {};
    for (let index = 0; index < count; index += 1)
      states[`c${index}`] = this.shape(`${key}-${index}`, depth + 1);
    if (!isParallel && random.chance(0.6)) {
      const history = random.chance(0.5) ? 'deep' : 'shallow';
      states['h'] = { id: `${id}-h`, type: 'history', history };
      this.ids.push(`${id}-h`, `${id}-h`);
    }
    if (!isParallel && random.chance(depth === 0 ? 0.1 : 0.8)) {
      states['f'] = { id: `${id}-f`, type: 'final' };
      this.ids.push(`${id}-f`);
      if (depth > 0) this.ids.push(`${id}-f`, `${id}-f`);
    }
    if (depth > 0) this.ids.push(id);
    return { id, states, ...(isParallel ? { type: 'parallel' } : { initial: 'c0' }) };
  }

  private fill(shape: Json, isTop: boolean, shared?: string): Json {
    if (shape['type'] === 'history') return shape;
    const states = shape['states'] as Record<string, Json> | undefined;
    const filled: Json = {
      ...shape,
      entry: this.maker.actions('entry'),
      exit: [
        ...(this.role !== 'root' && this.random.chance(0.3)
          ? [sendParent({ type: this.random.pick(FROM_CHILD) })]
          : []),
        ...this.maker.actions('exit'),
      ],
      ...(this.random.chance(0.2) && { tags: [`t-${String(shape['id'])}`] }),
    };
    // Siblings are never active at once, so their invokes may have one id.
    const below = shape['type'] === 'parallel' ? undefined : String(shape['id']);
    if (states !== undefined)
      filled['states'] = Object.fromEntries(
        Object.entries(states).map(([key, child]) => [key, this.fill(child, false, below)]),
      );
    if (shape['type'] === 'final')
      return { id: shape['id'], type: 'final', entry: filled['entry'] };
    this.source = String(shape['id']);
    filled['on'] = this.transitions(isTop);
    if (states !== undefined && !isTop && this.random.chance(0.7))
      filled['onDone'] = this.transition('done-state');
    if (this.random.chance(0.4)) filled['after'] = this.after();
    if (states === undefined && this.random.chance(0.3)) filled['always'] = this.always();
    if (!isTop && this.random.chance(0.15)) filled['always'] = this.again();
    if (this.role !== 'fragile' && this.random.chance(0.25))
      Object.assign(filled, { invoke: this.invoke(shared) });
    if (filled['invoke'] !== undefined) this.swap(filled['on'] as Json);
    return filled;
  }

  private target(kind: string): string {
    // A done event that leads to a final state or to where it came from could go round for ever.
    // A history state whose default is the source itself: XState enters it again without an exit.
    const ids = this.ids.filter((id) => {
      if (kind === 'done-state' && /-[hf]$/.test(id)) return false;
      return !id.endsWith('-h') || !this.source.startsWith(id.slice(0, -1));
    });
    return `#${this.random.pick(ids)}`;
  }

  private transition(kind: string): Json {
    const { random } = this;
    return {
      ...(random.chance(0.65) && { target: this.target(kind) }),
      ...(random.chance(0.2) && { reenter: true }),
      actions: [markEvent(this.maker.label(kind)), ...this.maker.actions(kind)],
    };
  }

  private guarded(kind: string): Json | Json[] {
    const { random } = this;
    if (!random.chance(0.35)) return this.transition(kind);
    return [
      { ...this.transition(kind), guard: random.pick(['isEven', 'isThird']) },
      ...(random.chance(0.7) ? [this.transition(kind)] : []),
    ];
  }

  private transitions(isTop: boolean): Json {
    const { random } = this;
    const on: Json = {};
    for (const event of EVENTS)
      if (random.chance(isTop ? 0.7 : 0.35)) on[event] = this.guarded('on');
    for (const event of [...RAISED, ...FROM_CHILD, ...DELAYED])
      if (random.chance(isTop ? 0.8 : 0.15))
        on[event] = { actions: markEvent(this.maker.label(event)) };
    if (!isTop) return on;
    if (this.role === 'fragile')
      on['THROW'] = {
        actions: assign(() => {
          throw new Error('planted');
        }),
      };
    return on;
  }

  private after(): Json {
    const delay = this.random.chance(0.3) ? 'dynamic' : String(10 + this.random.below(300));
    const second = String(400 + this.random.below(300));
    return {
      [delay]: this.guarded('after'),
      ...(this.random.chance(0.3) && { [second]: this.transition('after') }),
    };
  }

  private always(): Json {
    const rest = this.random.below(3);
    return {
      guard: ({ context, event }: { context: WalkContext; event: Json }) =>
        context.isAwake && context.n % 3 !== rest && String(event['type']).startsWith('E'),
      ...(this.random.chance(0.5) && { target: this.target('always') }),
      actions: [mark(this.maker.label('always')), assign({ isAwake: false })],
    };
  }

  /** The state is entered a second time in the first macrostep. */
  private again(): Json {
    return {
      guard: ({ context }: { context: WalkContext }) => context.isNew,
      target: `#${this.source}`,
      reenter: true,
      actions: assign({ isNew: false }),
    };
  }

  /** Says a child something while it is busy, its invoke begins again under it. */
  private swap(on: Json): void {
    if (!this.random.chance(0.6)) return;
    on[this.random.pick(FROM_CHILD)] = {
      guard: ({ context }: { context: WalkContext }) => context.maySwap,
      target: `#${this.source}`,
      reenter: true,
      actions: [assign({ maySwap: false }), markEvent(this.maker.label('swap'))],
    };
  }

  private invoke(shared: string | undefined): Json[] {
    const sources = ['task', 'task', 'counter', ...this.kids, ...this.kids];
    return Array.from({ length: 1 + this.random.below(2) }, (_, index) => {
      this.invokes += 1;
      const isShared = shared !== undefined && this.random.chance(0.6);
      const id = isShared ? `i-${shared}-${index}` : `i${this.invokes}`;
      const src = this.random.pick(sources);
      return {
        id,
        src,
        input: ({ context }: { context: WalkContext }) => ({ n: context.n }),
        onDone: this.transition('done'),
        onError: this.transition('error'),
        ...(src !== 'task' &&
          this.random.chance(0.4) && {
            onSnapshot: [
              {
                guard: ({ context }: { context: WalkContext }) => context.maySwap,
                actions: [
                  markEvent(this.maker.label('snapshot')),
                  assign({ maySwap: false }),
                  sendTo(id, { type: 'ADD' }),
                ],
              },
              { actions: markEvent(this.maker.label('snapshot')) },
            ],
          }),
      };
    });
  }
}

type Actors = Record<string, AnyActorLogic>;

/** A root machine with three kinds of children, one of which has a child machine of its own. */
export const createRandomMachine = (random: Random, task: AnyActorLogic): AnyStateMachine => {
  const build = (name: string, kids: readonly string[], actors: Actors, role: Role) =>
    new MachineBuilder(random, name, kids, role).build(actors);
  // What throws has no actors inside: live XState would leave them running without an owner.
  const fragile = build('fragile', [], {}, 'fragile');
  const leaf = build('leaf', [], { task, counter }, 'child');
  const middleActors = { task, counter, leaf, fragile };
  const middle = build('middle', ['leaf', 'fragile'], middleActors, 'child');
  const topActors = { ...middleActors, middle };
  return build('top', ['leaf', 'middle', 'fragile'], topActors, 'root');
};
