// What servers used in the last hour, for the small curves of the list.
import { call, repeat } from "./api.js";
import { hours, servers } from "./store.js";

const FRESH_MS = 60_000;
const GONE = ["no_such_server", "forbidden"];

async function learn(server, abort) {
  const { samples } = await call("server_history", { server, seconds: 3600 }, abort);
  const known = samples.filter(({ cpuPercent }) => cpuPercent !== null);
  hours.set(server, known.map(({ at, cpuPercent }) => ({ at: at * 1000, value: cpuPercent })));
}

function forget(server, error) {
  // A daemon that is away leaves what was known.
  if (!GONE.includes(error.code)) throw error;
  hours.delete(server);
}

/** Keep that fresh for those that run, one after the other, until `abort`. */
export const followHours = (abort) =>
  repeat(
    async () => {
      for (const { server, status } of [...servers.value.values()]) {
        if (abort.aborted) return;
        if (status !== "running") hours.delete(server);
        // One that is gone by now, or not ours any more, has no curve.
        else await learn(server, abort).catch((error) => forget(server, error));
      }
    },
    FRESH_MS,
    abort,
  );
