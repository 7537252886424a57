// The sample people of a demo server. Any other server answers with an empty list, and the page offers nothing.
import { useEffect, useState } from "react";
import { ApiError, send } from "../../../lib/api/http";

export interface DemoIdentity {
  email: string;
  password: string;
  name: string;
  role: string;
}

const NOBODY: readonly DemoIdentity[] = [];
let asked: Promise<readonly DemoIdentity[]> | null = null;

function ask(): Promise<readonly DemoIdentity[]> {
  asked ??= send<{ data: readonly DemoIdentity[] } | null>(`${import.meta.env.BASE_URL}demo.json`, {}, null).then(
    (page) => page?.data ?? NOBODY,
    (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      return NOBODY;
    },
  );
  return asked;
}

export function useDemoIdentities(): readonly DemoIdentity[] {
  const [identities, setIdentities] = useState(NOBODY);
  useEffect(() => {
    void ask().then(setIdentities);
  }, []);
  return identities;
}
