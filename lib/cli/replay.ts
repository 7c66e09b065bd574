import { createPlayer, type Player, type RecordedLine, type Replayed } from '../core/pacing/recording.ts';
import { checkPacingSettings, type PacingSettings } from '../core/pacing/settings.ts';
import { EXIT, ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, pairs, percent, table } from './print.ts';
import { readRecording, saveRecording, type RecordingSource } from './recording.ts';

/** What `obzvon replay` is asked. */
export interface ReplayOptions {
  readonly campaign?: string;
  readonly session?: number;
  readonly list?: boolean;
  readonly save?: string;
  readonly method?: Partial<PacingSettings>;
  readonly target?: number;
  readonly limit?: number;
  readonly maxRatio?: number;
  readonly maxUnanswered?: number;
}

/** An hour of a replay, or the whole of it. */
interface Stretch {
  readonly from: number;
  decisions: number;
  placed: number;
  wanted: number;
  /** Decisions of another number of calls. */
  more: number;
  fewer: number;
  riskSum: number;
  priceSum: number;
}

/** What came of a replay. */
export interface ReplayResult {
  readonly from: number | null;
  readonly to: number | null;
  readonly settings: Partial<PacingSettings>;
  readonly events: number;
  readonly decisions: number;
  /** Decisions that differ in any bit; with other settings, most do. */
  readonly different: number;
  readonly firstDifference: { readonly at: number; readonly recorded: number; readonly replayed: number } | null;
  /** Calls the recorded decisions placed, and those the replayed ones ask for at the same moments. */
  readonly placed: number;
  readonly wanted: number;
  readonly hours: readonly {
    readonly from: number;
    readonly decisions: number;
    readonly placed: number;
    readonly wanted: number;
    readonly more: number;
    readonly fewer: number;
    readonly meanRisk: number;
    readonly meanPrice: number;
  }[];
}

const HOUR_MS = 3_600_000;

/** `obzvon replay`: exits 1 when, with the recorded settings, any decision differs in any bit. */
export async function replay(cli: Cli, file: string | undefined, options: ReplayOptions): Promise<ExitCode | void> {
  const source = sourceOf(file, options);
  if (options.list === true) return list(cli, source);
  if (options.save !== undefined) {
    const lines = await saveRecording(cli, source, options.save);
    cli.show({ file: options.save, lines }, (saved) => `${saved.lines} lines written to ${saved.file}\n`);
    return;
  }
  const changes = changesOf(options);
  const result = await play(cli, source, changes);
  cli.show(result, (shown) => resultText(cli.io, shown));
  return result.different > 0 && Object.keys(changes).length === 0 ? EXIT.failed : EXIT.ok;
}

function sourceOf(file: string | undefined, { campaign, session, list, save }: ReplayOptions): RecordingSource {
  if ((file === undefined) === (campaign === undefined)) {
    throw new ObzvonError('USAGE', 'give either a recording’s file or --campaign NAME');
  }
  if (file !== undefined) {
    if (list === true || save !== undefined || session !== undefined) {
      throw new ObzvonError('USAGE', '--list, --save and --session go with --campaign, not with a file');
    }
    return { file };
  }
  return { ...(campaign === undefined ? {} : { campaign }), ...(session === undefined ? {} : { session }) };
}

function changesOf({ method, target, limit, maxRatio, maxUnanswered }: ReplayOptions): Partial<PacingSettings> {
  return {
    ...method,
    ...(target === undefined ? {} : { target }),
    ...(limit === undefined ? {} : { limit }),
    ...(maxRatio === undefined ? {} : { maxRatio }),
    ...(maxUnanswered === undefined ? {} : { maxUnanswered }),
  };
}

async function list(cli: Cli, { campaign = '' }: RecordingSource): Promise<void> {
  cli.show(await cli.call('pacing.sessions', { name: campaign }), ({ sessions }) =>
    sessions.length === 0
      ? 'nothing is recorded yet\n'
      : table(
          cli.io,
          ['SESSION', 'FROM', 'TO', 'PARTS', 'KB'],
          sessions.map(({ session, lastAt, parts, bytes }) => [
            session,
            localTime(session),
            localTime(lastAt),
            parts,
            (bytes / 1024).toFixed(0),
          ]),
        ),
  );
}

/** The recorded settings with what was asked for changed; a target above the limit means that limit too. */
export function changedSettings(recorded: PacingSettings, changes: Partial<PacingSettings>): PacingSettings {
  const settings = { ...recorded, ...changes };
  return { ...settings, limit: changes.limit ?? Math.max(settings.target, recorded.limit) };
}

async function play(cli: Cli, source: RecordingSource, changes: Partial<PacingSettings>): Promise<ReplayResult> {
  const player = createPlayer((recorded) => {
    const wrong = checkPacingSettings(recorded);
    if (wrong.length > 0) throw new RangeError(wrong.join('; '));
    const settings = changedSettings(recorded, changes);
    const problems = checkPacingSettings(settings);
    if (problems.length > 0) throw new ObzvonError('USAGE', problems.join('; '));
    return settings;
  });
  const hours: Stretch[] = [];
  let events = 0;
  let decisions = 0;
  let different = 0;
  let firstDifference: ReplayResult['firstDifference'] = null;
  let to: number | null = null;
  for await (const line of readRecording(cli, source)) {
    const replayed = playLine(player, line);
    if (replayed === null) {
      events += line[0] === 'heard' ? 1 : 0;
      continue;
    }
    const { at, recorded, decision, same } = replayed;
    decisions += 1;
    to = at;
    if (!same) {
      different += 1;
      firstDifference ??= { at, recorded, replayed: decision.originate };
    }
    const hour = hourAt(hours, at);
    hour.decisions += 1;
    hour.placed += recorded;
    hour.wanted += decision.originate;
    if (decision.originate > recorded) hour.more += 1;
    if (decision.originate < recorded) hour.fewer += 1;
    hour.riskSum += decision.why.numbers['risk'] ?? 0;
    hour.priceSum += decision.why.numbers['price'] ?? 0;
  }
  return {
    from: hours[0]?.from ?? null,
    to,
    settings: changes,
    events,
    decisions,
    different,
    firstDifference,
    placed: hours.reduce((sum, { placed }) => sum + placed, 0),
    wanted: hours.reduce((sum, { wanted }) => sum + wanted, 0),
    hours: hours.map(({ riskSum, priceSum, ...hour }) => ({
      ...hour,
      meanRisk: riskSum / hour.decisions,
      meanPrice: priceSum / hour.decisions,
    })),
  };
}

function playLine(player: Player, line: RecordedLine): Replayed | null {
  try {
    return player.line(line);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ObzvonError('RECORDING_INVALID', `this recording cannot be played: ${cause.message}`, { cause });
  }
}

function hourAt(hours: Stretch[], at: number): Stretch {
  const last = hours.at(-1);
  if (last !== undefined && Math.floor(last.from / HOUR_MS) === Math.floor(at / HOUR_MS)) return last;
  const hour = { from: at, decisions: 0, placed: 0, wanted: 0, more: 0, fewer: 0, riskSum: 0, priceSum: 0 };
  hours.push(hour);
  return hour;
}

function resultText(io: Io, result: ReplayResult): string {
  const { from, to, events, decisions, different, firstDifference: first } = result;
  const asRecorded = Object.keys(result.settings).length === 0;
  const verdict = asRecorded
    ? different === 0
      ? { text: `all ${decisions} decisions are the same, bit for bit`, style: 'green' as const }
      : { text: `${different} of ${decisions} decisions differ`, style: 'red' as const }
    : `${decisions} decisions: ${result.placed} calls were placed; with these settings ${result.wanted} at the same moments`;
  const sections = [
    pairs(io, [
      ['recorded', from === null || to === null ? 'no decision' : `${localTime(from)} to ${localTime(to)}`],
      ['events', events],
      ['replayed', verdict],
      ...(asRecorded && first !== null
        ? [['first', `at ${localTime(first.at)}: ${first.recorded} recorded, ${first.replayed} replayed`] as const]
        : []),
    ]),
    table(
      io,
      ['FROM', 'DECISIONS', 'PLACED', 'REPLAYED', 'MORE', 'FEWER', 'RISK', 'PRICE'],
      result.hours.map(({ from, decisions, placed, wanted, more, fewer, meanRisk, meanPrice }) => [
        localTime(from),
        decisions,
        placed,
        wanted,
        more,
        fewer,
        percent(meanRisk),
        percent(meanPrice),
      ]),
    ),
    asRecorded ? '' : 'The floor is as it was: what would have come of other decisions, obzvon simulate tells.\n',
  ];
  return sections.filter((section) => section !== '').join('\n');
}
