/** What pacing may know; counts are of the moment `now`. */
export interface PacingSnapshot {
  /** Epoch ms. */
  readonly now: number;
  /** Agents of the campaign who can take a call now. */
  readonly agentsAvailable: number;
  /** Originates under way that may still need one of these agents, of every campaign that shares them. */
  readonly pending: number;
  /** Channels free on the trunk. */
  readonly channelsFree: number;
  /** Originates the rate limit allows now. */
  readonly rateAllows: number;
}

export interface PacingDecision {
  readonly at: number;
  readonly originate: number;
  /** The limit that bound and its numbers, for `status` and the journal. */
  readonly why: {
    readonly limit: 'agents' | 'channels' | 'rate';
    readonly sentence: string;
    readonly snapshot: PacingSnapshot;
  };
}

/** Progressive pacing: one originate per free agent, never more. */
export function progressive(snapshot: PacingSnapshot): PacingDecision {
  const { agentsAvailable, pending, channelsFree, rateAllows } = snapshot;
  const wanted = Math.max(0, agentsAvailable - pending);
  const originate = Math.max(0, Math.min(wanted, channelsFree, rateAllows));
  const limit = originate === wanted ? 'agents' : channelsFree <= rateAllows ? 'channels' : 'rate';
  const sentence = {
    agents: `${agentsAvailable} agents free, ${pending} calls under way for them`,
    channels: `${Math.max(0, channelsFree)} channels free on the trunk, ${wanted} wanted`,
    rate: `the trunk's rate allows ${rateAllows} now, ${wanted} wanted`,
  }[limit];
  return { at: snapshot.now, originate, why: { limit, sentence, snapshot } };
}
