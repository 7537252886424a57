// Parts of a page that come later show the moment they are there.
import { act, cleanup, render, screen } from "@testing-library/react";
import { Component, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { part, prepareWhenIdle } from "../../lib/ui/part";

const Hello = ({ name }: { name: string }) => <p>Hello {name}</p>;
const Soon = ({ name }: { name: string }) => <p>{name}, soon</p>;

class Caught extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    return this.state.error === null ? this.props.children : <p>caught {this.state.error.message}</p>;
  }
}

const shown = (text: string) => screen.queryByText(text) !== null;

describe("a part of a page", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("is there at once when it was prepared", async () => {
    const Late = part(() => Promise.resolve(Hello), Soon);
    await Late.prepare();
    render(<Late name="Maya" />);
    expect(shown("Hello Maya")).toBe(true);
  });

  it("shows what waits, and itself the moment its code has come: no timer stands between", async () => {
    let come: ((code: typeof Hello) => void) | undefined;
    const Late = part(() => new Promise<typeof Hello>((resolve) => (come = resolve)), Soon);
    render(<Late name="Maya" />);
    expect(shown("Maya, soon")).toBe(true);
    await act(async () => come?.(Hello));
    expect(shown("Hello Maya")).toBe(true);
    expect(shown("Maya, soon")).toBe(false);
  });

  it("is fetched once, however often and wherever it is shown", async () => {
    const load = vi.fn(() => Promise.resolve(Hello));
    const Late = part(load);
    await Promise.all([Late.prepare(), Late.prepare()]);
    render(<Late name="Maya" />);
    render(<Late name="Tomás" />);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("fails like any component when its code does not come", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const Late = part<{ name: string }>(() => Promise.reject(new Error("gone")));
    await act(async () => {
      render(
        <Caught>
          <Late name="Maya" />
        </Caught>,
      );
    });
    expect(shown("caught gone")).toBe(true);
  });

  it("is prepared with others one after the other while the page is idle, until that is stopped", async () => {
    const asked: string[] = [];
    const named = (name: string) => part(() => (asked.push(name), Promise.resolve(Hello)));
    const stop = prepareWhenIdle([named("first"), named("second"), named("third")]);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual(["first", "second"]);
    stop();
    await vi.runAllTimersAsync();
    expect(asked).toEqual(["first", "second"]);
  });
});
