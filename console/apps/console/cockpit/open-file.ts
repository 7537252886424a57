// A file that needs the session's token: fetched, then shown in a tab of its own.
import { accessToken } from "../../../lib/api/session";
import { toastError } from "../../../lib/ui/toast";

const KEPT_MS = 60_000;

export async function openFile(path: string): Promise<void> {
  try {
    const response = await fetch(path, { headers: { authorization: `Bearer ${accessToken() ?? ""}` } });
    if (!response.ok) throw new Error(response.statusText);
    const url = URL.createObjectURL(await response.blob());
    open(url, "_blank", "noopener");
    setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
  } catch (error) {
    toastError(error);
  }
}
