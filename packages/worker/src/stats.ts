// Counters of a worker, for those who run it.

/** What a worker has done since it started. */
export interface WorkerStats {
  /** Calls that run now. */
  running: number;
  /** Commands that arrived, repeats and polls included. */
  delivered: number;
  done: number;
  failed: number;
  cancelled: number;
  /** Tasks that answered `pending`. */
  polled: number;
  /** Acknowledged without running: nobody waited any more. */
  dropped: number;
  /** Given back without running to the end. */
  handedBack: number;
  /** Unreadable commands. */
  deadLettered: number;
  /** Appends of a reply that had to be repeated. */
  replyRetries: number;
}

/** All at zero. */
export const createStats = (): WorkerStats => ({
  running: 0,
  delivered: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  polled: 0,
  dropped: 0,
  handedBack: 0,
  deadLettered: 0,
  replyRetries: 0,
});
