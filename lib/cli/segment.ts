import type { SegmentCounts, SegmentDetails, SegmentList, SegmentSummary } from '../control/commands/segments.ts';
import { ObzvonError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Cli } from './cli.ts';
import type { Io, Style } from './io.ts';
import { countsByState, localTime, pairs, table, type Cell } from './print.ts';

/** `obzvon segment list CAMPAIGN` */
export async function list(cli: Cli, campaign: string): Promise<void> {
  cli.show(await cli.call('segment.list', { name: campaign }), (result) => listText(cli.io, result));
}

/** `obzvon segment show CAMPAIGN NAME` */
export async function show(cli: Cli, campaign: string, name: string): Promise<void> {
  const { segments } = await cli.call('segment.list', { name: campaign });
  const found = segments.find((one) => one.name === name);
  if (found === undefined) {
    const names = segments.map((one) => one.name);
    const near = nearest(name, names);
    throw new ObzvonError('NOT_FOUND', `campaign ${campaign} has no segment “${name}”`, {
      hint: near === null ? `its segments: ${names.join(', ') || 'none'}` : `did you mean “${near}”?`,
    });
  }
  cli.show(found, (segment) => detailsText(cli.io, segment));
}

/** `obzvon segment pause CAMPAIGN NAME` */
export async function pause(cli: Cli, campaign: string, name: string): Promise<void> {
  cli.show(await cli.call('segment.pause', { name: campaign, segment: name }), ({ changed }) =>
    changed ? `${name} is paused: nobody new of it is called\n` : `${name} is paused already\n`,
  );
}

/** `obzvon segment resume CAMPAIGN NAME` */
export async function resume(cli: Cli, campaign: string, name: string): Promise<void> {
  cli.show(await cli.call('segment.resume', { name: campaign, segment: name }), ({ changed }) =>
    changed ? `${name} is called again\n` : `${name} is not paused\n`,
  );
}

/** Whether and how much a segment is called, in a few words. */
export function callingOf({ share, pausedAt }: Pick<SegmentSummary, 'share' | 'pausedAt'>): {
  readonly text: string;
  readonly style: Style;
} {
  if (share === 0) return { text: 'never called', style: 'yellow' };
  if (pausedAt !== null) return { text: `paused ${localTime(pausedAt)}`, style: 'yellow' };
  return { text: `share ${share}`, style: 'green' };
}

function listText(io: Io, { filing, segments, none, leftOut }: SegmentList): string {
  const row = (name: string, calling: Cell, { leads, open, states, outcomes }: SegmentCounts): Cell[] => [
    name,
    calling,
    leads,
    open,
    countsByState(states),
    leads === 0 ? null : countsByState(outcomes),
  ];
  const rows = [
    ...segments.map((segment) => row(segment.name, callingOf(segment), segment)),
    row('(of none)', 'share 1', none),
    ...(leftOut.leads === 0 ? [] : [row('(outside where)', { text: 'never called', style: 'yellow' }, leftOut)]),
  ];
  return (
    (filing ? 'leads are being put into changed segments: the counts will change\n' : '') +
    table(io, ['SEGMENT', 'CALLED', 'LEADS', 'OPEN', 'STATES', 'LAST OUTCOMES'], rows)
  );
}

function detailsText(io: Io, segment: SegmentDetails): string {
  const { name, where, leads, open, states, outcomes, results } = segment;
  return pairs(io, [
    ['segment', name],
    ['called', callingOf(segment)],
    [
      'where',
      Object.entries(where)
        .map(([key, wanted]) => `${key}: ${wantedText(wanted)}`)
        .join('; '),
    ],
    ['leads', leads],
    ['open', open],
    ['states', countsByState(states)],
    ['last outcomes', countsByState(outcomes)],
    ['last results', countsByState(results)],
  ]);
}

function wantedText(wanted: SegmentDetails['where'][string]): string {
  if (typeof wanted === 'string') return wanted === '' ? 'nothing' : wanted;
  if (typeof wanted === 'number') return String(wanted);
  if ('join' in wanted) return wanted.map(wantedText).join(' or ');
  const { min, max } = wanted;
  return [...(min === undefined ? [] : [`from ${min}`]), ...(max === undefined ? [] : [`to ${max}`])].join(' ');
}
