// How far somebody has read is told once, whatever the server answers.
import { describe, expect, it } from "vitest";
import { ReadMarks } from "../../lib/realtime/read-marks";

describe("a read mark", () => {
  it("is told once for each place, though the answer still counts something unread", async () => {
    const calls: string[] = [];
    const marks = new ReadMarks(async (id, seq) => {
      calls.push(`${id} ${seq}`);
      return { unread_count: 3 };
    });
    expect(await marks.tell("a", 7)).toEqual({ unread_count: 3 });
    expect(await marks.tell("a", 7)).toBeNull();
    expect(await marks.tell("a", 6)).toBeNull();
    expect(await marks.tell("b", 7)).not.toBeNull();
    expect(await marks.tell("a", 8)).not.toBeNull();
    expect(calls).toEqual(["a 7", "b 7", "a 8"]);
  });

  it("is told in one call for all that was read while the call before was under way", async () => {
    const calls: number[] = [];
    const answers: (() => void)[] = [];
    const marks = new ReadMarks((_, seq) => {
      calls.push(seq);
      return new Promise<number>((resolve) => answers.push(() => resolve(seq)));
    });
    const told = [marks.tell("a", 1), marks.tell("a", 2), marks.tell("a", 3)];
    answers.shift()?.();
    await expect.poll(() => answers.length).toBe(1);
    answers.shift()?.();
    expect(await Promise.all(told)).toEqual([1, null, 3]);
    expect(calls).toEqual([1, 3]);
  });

  it("is told again after it could not be told", async () => {
    let calls = 0;
    const marks = new ReadMarks(async () => {
      calls += 1;
      if (calls === 1) throw new Error("not reached");
      return calls;
    });
    await expect(marks.tell("a", 7)).rejects.toThrow("not reached");
    expect(await marks.tell("a", 7)).toBe(2);
  });
});
