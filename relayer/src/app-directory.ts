import { type RoundsParts, startRounds } from "./app-rounds.ts";
import { type DirectoryFeeds, type DirectoryView } from "./directory-ports.ts";
import { type Clock } from "./ports.ts";
import { DirectoryDesk } from "./services/directory-desk.ts";
import { type NodeDirectory } from "./services/node-directory.ts";
import { NodeFeed } from "./services/node-feed.ts";
import { type StartContext } from "./start-context.ts";

/** What callers ask about the nodes, and how they follow them. */
export async function startDirectory(
  context: Pick<StartContext, "config" | "logger" | "begin">,
  { nodes, clock, ...parts }: RoundsParts & { readonly nodes: NodeDirectory; readonly clock: Clock },
): Promise<{ readonly directory: DirectoryView; readonly feed: DirectoryFeeds }> {
  const listed = { nodes, clock, ...(await startRounds(context, parts)) };
  const desk = new DirectoryDesk(listed);
  const feed = new NodeFeed({ ...listed, desk });
  await context.begin(feed);
  return { directory: desk, feed };
}
