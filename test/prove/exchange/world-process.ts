import { runWorld, type WorldPlan } from './world.ts';

/* A world in a process of its own: its switch has a clock and a core to itself. */

const plan = JSON.parse(process.argv[2] ?? '') as WorldPlan;
const found = await runWorld({ ...plan, onKill: (kills) => process.send?.({ kills }) });
// What of the switch still has a timer is of no interest any more.
process.send?.({ found }, undefined, undefined, () => process.exit());
