import { toast } from "sonner";

/**
 * Tells the reader what went wrong. What explains errors knows all contracts, so it is loaded only now.
 *
 * @param id Toast to replace.
 */
export async function showError(error: unknown, id?: string | number): Promise<void> {
  const { describeError } = await import("./describe-error.ts");
  const { title, message, isNeutral } = describeError(error);
  const options = { description: message, ...(id === undefined ? {} : { id }) };
  if (isNeutral) toast(title, { ...options, icon: null });
  else toast.error(title, options);
}
