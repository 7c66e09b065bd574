import type { RecordedResult, ResultFigures, ResultTree } from '../control/commands/results.ts';
import { takesTime, type Result } from '../core/result.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { localTime, percent, table } from './print.ts';

interface Given {
  readonly note?: string;
  readonly at?: string;
}

/** `obzvon agent result ID CODE` */
export async function ofAgent(cli: Cli, id: string, code: string, given: Given): Promise<void> {
  cli.show(await cli.call('agent.result', { ...given, id, code, source: 'cli' }), recordedText);
}

/** `obzvon call result ID CODE` */
export async function ofCall(cli: Cli, id: string, code: string, given: Given): Promise<void> {
  cli.show(await cli.call('call.result', { ...given, id, code, source: 'cli' }), recordedText);
}

/** `obzvon result list CAMPAIGN` */
export async function list(cli: Cli, name: string): Promise<void> {
  cli.show(await cli.call('result.tree', { name }), (tree) => treeText(cli.io, tree));
}

function recordedText({ attempt, code, then, callbackAt, lead }: RecordedResult): string {
  const next =
    callbackAt !== null ? `called back at ${localTime(callbackAt)}` : then === 'opt-out' ? 'never called again' : null;
  return `${attempt} is ${code}${next === null ? '' : `: ${next}`}; its lead is ${lead}\n`;
}

const FOLLOWS: Readonly<Record<Result['then'], string>> = {
  done: 'nothing more',
  retry: 'called again',
  callback: 'called back',
  'opt-out': 'never called again',
  machine: 'called again as after a machine',
  'wrong-number': 'not on this number',
};

function treeText(io: Io, { results, stages }: ResultTree): string {
  return (
    table(
      io,
      ['DIGITS', 'RESULT', 'CODE', 'STAGE', 'THEN'],
      results.map((result) => [
        takesTime(result) ? `${result.digits} HHMM` : result.digits,
        `${result.titles.join(': ')}${result.target ? ' *' : ''}`,
        result.code,
        result.stage,
        follows(result),
      ]),
    ) +
    `\nstages: ${stages.join(' → ')}; * is what the campaign is for\n` +
    'in wrap-up type the digits; in a talk type * before them; * begins anew\n'
  );
}

function follows({ then, afterMin }: Result): string {
  return afterMin === null ? FOLLOWS[then] : `${FOLLOWS[then]} after ${afterMin} min`;
}

/** How many talks have a result and a target, in one line; null: there are no talks. */
export function resultsLine({ talks, given, targets, perTalk }: ResultFigures): string | null {
  if (perTalk === null) return null;
  return `of ${given} of ${talks} talks, ${targets} targets (${percent(perTalk)} of talks)`;
}

/** Results by code, and how far talks came. */
export function resultSections(io: Io, results: ResultFigures): string[] {
  const { talks, given, byCode, reached } = results;
  if (given === 0) return [];
  const share = (n: number): string => (talks === 0 ? '' : percent(n / talks));
  return [
    table(
      io,
      ['RESULT', 'TITLE', 'STAGE', 'TARGET', 'TALKS', 'SHARE'],
      [
        ...byCode.map((row) => [row.code, row.title, row.stage, row.target ? 'yes' : '', row.talks, share(row.talks)]),
        ['(none given)', null, null, '', talks - given, share(talks - given)],
      ],
    ),
    table(
      io,
      ['STAGE REACHED', 'TALKS', 'SHARE'],
      reached.map(({ stage, talks }) => [stage, talks, share(talks)]),
    ),
  ];
}
