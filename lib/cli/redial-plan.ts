import type { RedialForecast, RedialPlan, RedialReason, Spread } from '../control/commands/redials.ts';
import type { Io } from './io.ts';
import { localTime, pairs, table, type Cell } from './print.ts';

/** Leads named on a screen, of each list; --json has them all. */
const SHOWN = 10;

/** A plan as it is shown: with the end of its date, and whose date that is. */
export interface ShownPlan extends RedialPlan {
  readonly until: number;
  readonly zone: string;
}

/** A plan for the terminal; `none`: why there is no forecast. */
export function planText(io: Io, plan: ShownPlan, none: string | null): string {
  const { campaign, leads, called, waiting, notCalled } = plan;
  const left = notCalled.reduce((sum, reason) => sum + reason.leads, 0);
  const sections = [
    `a pass over ${campaign} for ${plan.for}, as of ${localTime(plan.at)}; nothing is written\n` +
      pairs(io, [
        ['leads', leads],
        ['called at once', called],
        ['called later', waiting],
        ['not called', left],
        ['first call', plan.startsAt === null ? null : localTime(plan.startsAt)],
      ]),
    orderText(io, plan),
    hoursText(io, plan),
    reasonsText(io, notCalled),
    namedText(io, notCalled),
    plan.forecast === null
      ? `no forecast: ${none ?? 'there is nothing to foresee'}\n`
      : forecastText(io, plan.forecast),
    changeText(io, plan),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

function headed(io: Io, title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return rows.length === 0 ? '' : `${io.paint('bold', title)}\n${table(io, head, rows)}`;
}

function orderText(io: Io, { order }: Pick<RedialPlan, 'order'>): string {
  const rows = order.slice(0, SHOWN).map(({ lead, phone, at }, i) => [i + 1, lead, phone, localTime(at)]);
  return headed(io, 'first in the queue', ['', 'LEAD', 'PHONE', 'FROM'], rows);
}

function hoursText(io: Io, { hours, until }: Pick<ShownPlan, 'hours' | 'until'>): string {
  const rows = hours.filter(({ hour }) => hour < until).map(({ hour, leads }) => [localTime(hour), leads]);
  return headed(io, 'who has to wait, by the hour', ['FROM', 'LEADS'], rows);
}

/** Leads left out, by reason. */
export function reasonsText(io: Io, reasons: readonly RedialReason[]): string {
  if (reasons.length === 0) return '';
  return `\n${table(
    io,
    ['NOT CALLED', 'LEADS', 'WHY'],
    reasons.map(({ code, leads, title }) => [code, leads, title]),
  )}`;
}

function namedText(io: Io, reasons: readonly RedialReason[]): string {
  const rows = reasons.flatMap(({ code, first }) => first.map(({ lead, phone }) => [lead, phone, code]));
  return headed(io, 'the first of them', ['LEAD', 'PHONE', 'WHY'], rows.slice(0, SHOWN));
}

function forecastText(io: Io, forecast: RedialForecast): string {
  const { agents, shift, runs, origins, money } = forecast;
  const row = (name: string, { p10, p50, p90 }: Spread, text: (value: number) => string = String): Cell[] => [
    name,
    text(p10),
    text(p50),
    text(p90),
  ];
  const cents = (value: number): string => value.toFixed(2);
  const rows = [
    row('attempts', forecast.attempts),
    row('answers', forecast.answers),
    row('agent hours', forecast.agentHours),
    row('over at', forecast.endsAt, localTime),
    ...(money === null ? [] : [row(`cost, ${money.currency}`, money, cents)]),
  ];
  const who = `${agents} agents from ${shift.from} for ${shift.hours} h (${shift.zone}), ${runs} simulated runs`;
  const guesses = origins.filter(({ calls }) => calls === 0).map(({ what, figure }) => [what, figure]);
  return (
    headed(io, `forecast: ${who}`, ['', 'LOW (P10)', 'MIDDLE', 'HIGH (P90)'], rows) +
    (guesses.length === 0 ? '' : `\n${headed(io, 'guessed, for want of past calls', ['WHAT', 'FIGURE'], guesses)}`)
  );
}

function changeText(io: Io, { sinceLast }: Pick<RedialPlan, 'sinceLast'>): string {
  if (sinceLast === null) return 'no pass before to compare with\n';
  const { joined, left, added, codes } = sinceLast;
  const head = `against the pass for ${sinceLast.for}: ${joined} more are called, ${left} no more, ${added} are new\n`;
  return (
    head +
    headed(
      io,
      'not called',
      ['CODE', 'THEN', 'NOW'],
      codes.map(({ code, then, now }) => [code, then, now]),
    )
  );
}
