import { type DirectoryFeeds, type DirectoryView } from "./directory-ports.ts";
import { type Clock } from "./ports.ts";
import { DirectoryDesk } from "./services/directory-desk.ts";
import { type NodeDirectory } from "./services/node-directory.ts";
import { NodeFeed } from "./services/node-feed.ts";
import { type StartContext } from "./start-context.ts";

/** What callers ask about the nodes, and how they follow them. */
export async function startDirectory(
  { begin }: Pick<StartContext, "begin">,
  parts: { readonly nodes: NodeDirectory; readonly clock: Clock },
): Promise<{ readonly directory: DirectoryView; readonly feed: DirectoryFeeds }> {
  const desk = new DirectoryDesk(parts);
  const feed = new NodeFeed({ ...parts, desk });
  await begin(feed);
  return { directory: desk, feed };
}
