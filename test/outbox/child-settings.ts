// What a child of the outbox campaign is told: its part, and where everything is.

/** One child. */
export interface ChildSettings {
  readonly part: 'relay' | 'host' | 'writer' | 'projection';
  readonly servers: string;
  readonly database: string;
  /** Writers: attempts in all, over all writers of the database. */
  readonly attempts: number;
  readonly actors: number;
  /** Writers: added to each number, so that those of two databases differ. */
  readonly offset: number;
  /** Seed of the writer's choices. */
  readonly seed: number;
}
