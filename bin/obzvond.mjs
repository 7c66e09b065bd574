#!/usr/bin/env node
// No static imports but the guard's: an old Node must reach its sentence before anything it cannot load.
import { enter } from './node-floor.mjs';

await enter('first-look');
