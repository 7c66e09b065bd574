import { parseArgs } from 'node:util';
import { ENDS, runPoint } from './lives/points.ts';

/*
 * npm run prove:points: the canonical scenario, killed before and after each of its effects. `-- --every N` takes each
 * Nth effect alone.
 */

const { values } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
const every = Number(values.every);
const startedMs = performance.now();
const plain = await runPoint(null);
let runs = 0;
let broken = 0;
const byName = new Map<string, number>();
for (let effect = 0; effect < plain.effects; effect += every) {
  for (const end of ENDS) {
    const found = await runPoint({ effect, end });
    runs += 1;
    byName.set(found.name ?? 'never reached', (byName.get(found.name ?? 'never reached') ?? 0) + 1);
    if (found.breaches.length === 0) continue;
    broken += 1;
    console.log(`effect ${effect} (${found.name ?? 'never reached'}), ${end}:`);
    for (const { law, what } of found.breaches.slice(0, 5)) console.log(`  ${law}: ${what}`);
  }
}
for (const [name, count] of byName) console.log(`${String(count).padStart(7)}  ${name}`);
for (const { law, what } of plain.breaches) console.log(`undisturbed, ${law}: ${what}`);
console.log(
  `${plain.effects} effects, ${runs} runs, ${plain.breaches.length + broken} with a violation, ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`,
);
if (plain.breaches.length + broken > 0) process.exitCode = 1;
