import { processIo } from '../lib/cli/io.ts';
import { main } from '../lib/cli/main.ts';

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Not process.exit: what is still on its way to a pipe must arrive.
process.exitCode = await main(process.argv.slice(2), processIo());
