/** From west to east; one of them is always well inside a day. */
const ZONES = [
  'Europe/Moscow',
  'Asia/Yekaterinburg',
  'Asia/Novosibirsk',
  'Asia/Vladivostok',
  'Asia/Kamchatka',
  'Europe/Kaliningrad',
];

export interface DemoHours {
  readonly homeZone: string;
  readonly farZone: string;
  /** Calling hours of the demo's policy, local, `HH:MM`: three hours around now at home, closed far away. */
  readonly from: string;
  readonly to: string;
}

/** Minutes since local midnight. */
export function localMinutes(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
    .formatToParts(at)
    .filter((part) => part.type === 'hour' || part.type === 'minute')
    .map((part) => Number(part.value));
  return (parts[0] ?? 0) * 60 + (parts[1] ?? 0);
}

/** Hours and zones with which the demo can dial at any time of day and still meets a zone where it is too late or early. */
export function demoHours(now: number): DemoHours {
  const home = ZONES.find((zone) => {
    const minutes = localMinutes(zone, now);
    return minutes >= 180 && minutes < 1_260;
  });
  if (home === undefined) throw new Error('no zone is in its day');
  const hour = Math.floor(localMinutes(home, now) / 60);
  const [from, to] = [hour - 3, hour + 3];
  const far = ZONES.find((zone) => {
    const minutes = localMinutes(zone, now);
    return minutes < from * 60 - 15 || minutes > to * 60 + 15;
  });
  if (far === undefined) throw new Error('every zone is inside the hours');
  const clock = (hours: number) => `${String(hours).padStart(2, '0')}:00`;
  return { homeZone: home, farZone: far, from: clock(from), to: clock(to) };
}
