import { readFile } from "node:fs/promises";
import { listeningPorts } from "../domain/listening.ts";
import { type ListenTable } from "../listening-ports.ts";

/** What the kernel tells of the network namespace that a process has. */
export const listenTable: ListenTable = {
  read: async (pid, id) => {
    try {
      // The number may be another process's: of another machine, or of a namespace that this agent does not live in.
      if (!(await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(id)) return undefined;
      const tables = ["tcp", "tcp6"].map((name) =>
        readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => ""),
      );
      return (await Promise.all(tables)).flatMap(listeningPorts);
    } catch {
      return undefined;
    }
  },
};
