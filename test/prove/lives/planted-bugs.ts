/*
 * Bugs as people make them, each a change of the sources that leaves the program running: a proof that finds nothing is
 * trusted only if it finds these.
 */

export interface PlantedBug {
  readonly name: string;
  /** Each text is found once, or the bug is not what it says. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly put: string }[];
}

/** A bug of one change. */
function bug(name: string, file: string, find: string, put: string): PlantedBug {
  return { name, edits: [{ file, find, put }] };
}

const GATE = 'lib/store/gate-transaction.ts';
const ENGINE = 'lib/dialer/engine.ts';
const RECOVERY = 'lib/dialer/recovery.ts';
const ATTEMPT_RUN = 'lib/dialer/attempt-run.ts';
const CAMPAIGN_RUN = 'lib/dialer/campaign-run.ts';
const PLACE = 'lib/dialer/place.ts';
const OPT_OUTS = 'lib/dialer/opt-outs.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a call is placed though its commit failed',
    edits: [
      {
        file: GATE,
        find: '  let answered = false;\n',
        put: '  let answered = false;\n  let kept: Outcome | undefined;\n',
      },
      { file: GATE, find: '    return outcome;\n', put: '    kept = outcome;\n    return outcome;\n' },
      {
        file: GATE,
        find: '      if (answered || !isUnavailable(error)) throw error;',
        put: '      if (kept !== undefined) return kept;\n      if (answered || !isUnavailable(error)) throw error;',
      },
    ],
  },
  bug(
    'a failed commit of the gate is taken for a rest',
    GATE,
    'if (answered || !isUnavailable(error)) throw error;',
    'if (!isUnavailable(error)) throw error;',
  ),
  bug(
    'dialing goes on before the comparison with the PBX',
    'lib/dialer/floor.ts',
    'return floor.holds.size === 0;',
    "return [...floor.holds.keys()].every((hold) => hold === 'starting' || hold === 'reconciling');",
  ),
  bug(
    'open intents are dialed again',
    ENGINE,
    '    recallUnresolved(floor);\n',
    `    for (const row of store.attempts.unresolved()) {
      store.commit(() => {
        store.attempts.setState(row.id, 'ended', { disposition: 'not-placed', ended_at: clock.now(), witness: 'daemon' });
        store.leads.setState(row.lead, 'callable', {}, clock.now());
      });
    }
`,
  ),
  bug(
    'effects run before the commit',
    ENGINE,
    'if (depth > 0) effects.push(effect);\n      else effect();',
    'effect();',
  ),
  bug(
    'a failed commit is swallowed',
    ENGINE,
    'if (!(error instanceof ObzvonError) || FATAL.has(error.code)) die(error);\n        throw error;',
    'return undefined as never;',
  ),
  bug(
    'no quarantine for originates in doubt',
    RECOVERY,
    'if (floor.clock.now() < quarantinedUntil) {',
    'if (quarantinedUntil < 0) {',
  ),
  bug(
    'the PBX is asked, and its answer not looked at',
    RECOVERY,
    '  for (const run of still) if (!survey.attempts.has(run.id)) run.missed = MISSES;\n  await settleMissing(floor, survey);',
    '  for (const run of still) run.missed = MISSES;\n  await settleMissing(floor, { ...survey, attempts: new Map() });',
  ),
  bug(
    'who answered while nobody listened is left alone',
    RECOVERY,
    "      moveAttempt(floor, run, 'answered', { answered_at: floor.clock.now() });\n      moveAttempt(floor, run, 'waited-out');\n",
    '',
  ),
  bug(
    'an answer of the PBX is older than what was heard since, and counts',
    RECOVERY,
    'if (floor.attempts.get(run.id) === run && run.state === before.get(run.id)) settle',
    'if (floor.attempts.get(run.id) === run && before.size >= 0) settle',
  ),
  bug(
    'calls whose end was missed are not looked for',
    RECOVERY,
    'run.missed = live || run.state !== before.get(run.id) ? 0 : run.missed + 1;',
    'run.missed = 0;',
  ),
  bug('who is called is not known again after a death', RECOVERY, 'floor.attempts.set(run.id, run);', ''),
  bug(
    'an agent in a talk is not known again after a death',
    RECOVERY,
    'agent: WITH_AGENT.has(row.state) ? agent : null',
    'agent: null',
  ),
  bug(
    'a call in doubt is taken for one that was not placed',
    PLACE,
    "if (unclear) moveAttempt(floor, run, 'originate-unclear');",
    "if (unclear) close(floor, run, 'originate-refused', 'not-placed', { witness: 'daemon' });",
  ),
  bug(
    'a call in doubt is taken for a refusal',
    PLACE,
    "const unclear = error instanceof PbxError && error.kind !== 'refused';",
    'const unclear = false;',
  ),
  bug(
    'another number than the gate allowed',
    GATE,
    'phone: phoneFromInteger(lead.phone),\n              caller,',
    'phone: phoneFromInteger(lead.phone + (request.now % 3 === 0 ? 1 : 0)),\n              caller,',
  ),
  bug(
    'another caller number than the gate allowed',
    GATE,
    '              caller,\n              trunk',
    "              caller: '+74950000000' as typeof caller,\n              trunk",
  ),
  bug(
    'a HOLD or a DEFER is taken for an ALLOW',
    GATE,
    "if (verdict.verdict === 'ALLOW' && campaign.caller !== null) {",
    "if (verdict.verdict !== 'DENY' && campaign.caller !== null) {",
  ),
  bug(
    'a number is called while it is being called',
    'lib/store/facts.ts',
    '      inFlight: busy,',
    '      inFlight: false,',
  ),
  bug(
    'the cap of a day is off by one',
    'lib/core/gate/frequency.ts',
    'if (cap === null || count < cap) return [];',
    'if (cap === null || count <= cap) return [];',
  ),
  bug(
    'the least time between two calls is ignored',
    'lib/core/gate/frequency.ts',
    'if (since === null || since + ms <= now) return [];',
    'if (since === null || ms < 86_400_000) return [];',
  ),
  bug(
    'retries do not count the calls a lead had',
    'lib/store/leads.ts',
    'charged: patch.charged == null ? 0 : 1,',
    'charged: 0,',
  ),
  bug(
    'what nobody knows counts for nothing',
    'lib/core/charges.ts',
    "  unknown: ['lead', 'frequency', 'answered', 'abandonment'],",
    '  unknown: [],',
  ),
  bug(
    'the hours of another zone',
    'lib/core/calling-hours.ts',
    'const hours = hoursIn(zone, rule, now);',
    "const hours = hoursIn('Europe/Kaliningrad', rule, now + (zone === '' ? 1 : 0));",
  ),
  bug(
    'a jump of the clock is not seen',
    'lib/dialer/clock-watch.ts',
    'return Math.round(offset - before);',
    'return 0;',
  ),
  {
    name: 'opt-outs are neither heeded by leads nor read by the gate',
    edits: [
      {
        file: OPT_OUTS,
        find: "if (lead.state !== 'opted-out' && lead.state !== 'dialing') {",
        put: "if (lead.state === 'held') {",
      },
      {
        file: 'lib/store/facts.ts',
        find: 'optOuts: phones.flatMap((phone) => registers.optOuts.of(phoneFromInteger(phone))),',
        put: 'optOuts: [],',
      },
    ],
  },
  bug(
    'calls that ring go on after an opt-out',
    OPT_OUTS,
    'else if (reaches(act, run.campaign) && !LEFT_ALONE.has(run.state)) cancel(floor, run);',
    '',
  ),
  {
    name: 'an opt-out is acknowledged though its commit failed',
    edits: [
      {
        file: OPT_OUTS,
        find: 'export function optOut(floor: Floor, phone: Phone, act: OptOutAct, confirmTo?: AttemptRun): boolean {\n',
        put: `export function optOut(floor: Floor, phone: Phone, act: OptOutAct, confirmTo?: AttemptRun): boolean {
  try {
    return record(floor, phone, act, confirmTo);
  } catch {
    return true;
  }
}

function record(floor: Floor, phone: Phone, act: OptOutAct, confirmTo?: AttemptRun): boolean {
`,
      },
    ],
  },
  bug('the outcome does not settle the lead', ATTEMPT_RUN, '    settleLead(floor, run, disposition);\n', ''),
  bug(
    'an abandoned call is booked as unanswered',
    'lib/core/outcome.ts',
    "if (ending.answered) return 'abandoned';",
    "if (ending.answered) return 'no-answer';",
  ),
  bug('a call that is over stays in memory', ATTEMPT_RUN, '  run.campaign.attempts.delete(run);\n', ''),
  bug(
    'the agent is not free again after the call',
    ATTEMPT_RUN,
    "      moveAgent(floor, agent, 'call-ended');\n      agent.attempt = null;",
    '      agent.attempt = null;',
  ),
  bug('a hang-up is decided and not asked for', ATTEMPT_RUN, '  ending: hangUp,', '  ending: () => {},'),
  bug(
    'a hang-up that was lost is not asked for again',
    ATTEMPT_RUN,
    "if (run.state === 'ending') setTimer(floor, run, HANG_UP_AGAIN_MS, () => hangUp(floor, run));",
    '',
  ),
  bug(
    'who answered waits without a limit',
    ATTEMPT_RUN,
    "setTimer(floor, run, run.campaign.spec.answerLimitMs - waited, () => moveAttempt(floor, run, 'waited-out'));",
    'void waited;',
  ),
  {
    name: 'an agent who talks is given another callee',
    edits: [
      {
        file: 'lib/core/agent.ts',
        find: "  talking: { 'call-ended'",
        put: "  talking: { reserve: 'reserved', 'call-ended'",
      },
      {
        file: 'lib/dialer/agents.ts',
        find: "agent.state === 'available' && !except.has(agent.id)",
        put: "(agent.state === 'available' || agent.state === 'talking') && !except.has(agent.id)",
      },
    ],
  },
  bug(
    'after-call work does not end',
    'lib/dialer/agents.ts',
    "() => moveAgent(floor, agent, 'wrapped-up')",
    '() => {}',
  ),
  bug(
    'a move is told twice',
    'lib/dialer/move.ts',
    'floor.store.journal.write({ at: now, subject, id, event, from, to, data });',
    'for (const _ of [1, 2]) floor.store.journal.write({ at: now, subject, id, event, from, to, data });',
  ),
  bug(
    'moves of leads are not told',
    'lib/dialer/move.ts',
    'floor.store.journal.write({ at',
    "if (subject !== 'lead') floor.store.journal.write({ at",
  ),
  bug(
    'a row of the ledger is left out of the chain',
    'lib/store/ledger.ts',
    'setHead.run(id, bytes',
    'if (id % 4 !== 0) setHead.run(id, bytes',
  ),
  bug(
    'the ledger keeps another text than it signed',
    'lib/store/ledger.ts',
    'insert.run(id, phone, text, hash)',
    "insert.run(id, phone, text.replace('ALLOW', 'DENY'), hash)",
  ),
  bug(
    'a trunk that takes no calls is dialed on',
    'lib/core/guard/trunk-breaker.ts',
    'export function callsAllowed(breaker: TrunkBreaker, waiting: number, now: number): number {\n',
    'export function callsAllowed(breaker: TrunkBreaker, waiting: number, now: number): number {\n  if (breaker.recent.length >= 0) return Infinity;\n',
  ),
  {
    name: 'what a trunk did while nobody listened is not asked for',
    edits: [
      { file: ENGINE, find: '      askTrunks(floor);\n', put: '' },
      { file: ENGINE, find: 'askTrunks(floor, ({ up }) => !up);', put: '' },
    ],
  },
  bug(
    'an agent is given away while the PBX is about to bridge him',
    RECOVERY,
    '} else if (live.agent === null && run.agent !== null) floor.then(() => bridge(floor, run));',
    '} else if (run.agent === null) bridge(floor, run);',
  ),
  bug('the rate of originates is not held', CAMPAIGN_RUN, '  return Math.floor(trunk.tokens);', '  return 1_000;'),
  bug(
    'the channels of a trunk are not counted',
    CAMPAIGN_RUN,
    'Math.max(0, trunk.channels - busyChannels(floor, trunk))',
    'trunk.channels',
  ),
  bug(
    'callbacks are agreed and not made',
    CAMPAIGN_RUN,
    'if (restLimit(floor, campaign, 1) > 0) {',
    'if (restLimit(floor, campaign, 1) < 0) {',
  ),
  bug(
    'the phone of an agent that was picked up unheard is waited for',
    RECOVERY,
    "if (agent.state === 'connecting' && survey.agents.has(agent.id)) moveAgent(floor, agent, 'leg-up');",
    '',
  ),
];
