// Timers at the broker: one per subject, and what fires is sourced into the journal.
import { HEADER, type ActorAddress, type Clock, type OutgoingTimer } from '@pawl/core';
import type { Headers, Stoppable, Subjects } from '@pawl/core';
import { copyBytes, streamName } from './limits.ts';

interface Armed {
  readonly timer: OutgoingTimer;
  wait: Stoppable;
}

/** Puts a fired timer on its way to the journal. */
export type Fire = (timer: OutgoingTimer, headers: Headers) => void;

/** The timer stream. */
export class TimerStream {
  readonly #clock: Clock;
  readonly #subjects: Subjects;
  readonly #fire: Fire;
  readonly #armed = new Map<string, Armed>();
  #sequence = 0;
  #isHeld = false;

  constructor(clock: Clock, subjects: Subjects, fire: Fire) {
    this.#clock = clock;
    this.#subjects = subjects;
    this.#fire = fire;
  }

  get armed(): readonly OutgoingTimer[] {
    return [...this.#armed.values()].map(({ timer }) => timer);
  }

  /** One schedule per subject: arming the same generation again replaces it. */
  arm(timer: OutgoingTimer): void {
    const subject = this.#subjects.timer(timer.actor, timer.generation);
    this.#armed.get(subject)?.wait.stop();
    this.#armed.delete(subject); // Set anew, so that the order is the order of arming.
    this.#sequence += 1;
    const armed: Armed = {
      timer: { ...timer, body: copyBytes(timer.body) },
      wait: { stop: () => undefined },
    };
    this.#armed.set(subject, armed);
    this.#waitFor(subject, armed);
  }

  disarm(actor: ActorAddress, generation: string): void {
    const subject = this.#subjects.timer(actor, generation);
    this.#armed.get(subject)?.wait.stop();
    this.#armed.delete(subject);
    this.#sequence += 1; // The empty message that rolls the subject up.
  }

  /** Fires nothing until `release`, like a stream without a leader. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Fires all that came due meanwhile, in the order of arming. */
  release(): void {
    this.#isHeld = false;
    for (const [subject, armed] of this.#armed)
      if (armed.timer.dueAt <= this.#clock.now()) this.#waitFor(subject, armed);
  }

  /** Loses all timers. */
  lose(): void {
    for (const { wait } of this.#armed.values()) wait.stop();
    this.#armed.clear();
  }

  #waitFor(subject: string, armed: Armed): void {
    const waitMs = Math.max(0, armed.timer.dueAt - this.#clock.now());
    armed.wait = this.#clock.after(waitMs, () => {
      if (armed.timer.dueAt > this.#clock.now()) return this.#waitFor(subject, armed);
      if (this.#isHeld || this.#armed.get(subject) !== armed) return;
      this.#armed.delete(subject);
      this.#sequence += 1;
      const { actor } = armed.timer;
      const stream = streamName(this.#subjects, 'TIMERS');
      const fired = this.#subjects.fired(actor);
      this.#fire(armed.timer, {
        [HEADER.streamSource]: `${stream} ${this.#sequence} > > ${fired}`,
        'Nats-Scheduler': subject,
        'Nats-Schedule-Next': 'purge',
      });
    });
  }
}
