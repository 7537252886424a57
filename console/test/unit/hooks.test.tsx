// What components read of a list is all they are drawn anew for.
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { count } from "../../apps/console/inbox/count";
import { WorkspaceContext, useOfList } from "../../lib/realtime/hooks";
import { Store } from "../../lib/realtime/store";
import { plainView } from "../../lib/realtime/views";
import type { Workspace } from "../../lib/realtime/workspace";
import { conversation } from "./rows";

const ALL = plainView("all");

describe("a word about a list", () => {
  afterEach(cleanup);

  it("is drawn anew when it changes, and not when rows move", () => {
    const store = new Store({ id: "me", role: "supervisor" }, { now: () => 0, schedule: () => undefined });
    const at = (minute: number) => `2026-01-05T10:${String(minute).padStart(2, "0")}:00Z`;
    const tell = (id: string, version: number, minute: number) =>
      act(() => {
        store.mergeConversation(conversation(id, version, { last_message_at: at(minute) }), "event");
        store.flush();
      });
    const Count = vi.fn(() => <p>{useOfList(ALL, count)} rows</p>);
    store.setList(ALL, { load: "ready" });
    tell("a", 1, 1);
    tell("b", 1, 2);
    render(
      <WorkspaceContext value={{ store } as Workspace}>
        <Count />
      </WorkspaceContext>,
    );
    expect(store.list("all|||||")?.ids).toEqual(["b", "a"]);
    Count.mockClear();
    tell("a", 2, 3);
    expect(store.list("all|||||")?.ids).toEqual(["a", "b"]);
    expect(Count).not.toHaveBeenCalled();
    tell("c", 1, 4);
    expect(Count).toHaveBeenCalledTimes(1);
    expect(screen.queryByText("3 rows")).not.toBeNull();
  });
});
