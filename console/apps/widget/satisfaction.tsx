/** @jsxImportSource preact */
import { useState } from "preact/hooks";
import type { Conversation } from "./api";
import { declineToRate, rate } from "./chat";
import type { State } from "./state";
import { texts } from "./language";

const MOST_WORDS = 1000;

/** Asks once how it was, when it is over. */
export function Satisfaction({ conversation, rated }: { conversation: Conversation; rated: State["rated"] }) {
  const t = texts();
  const [rating, setRating] = useState(0);
  const [comment, setComment] = useState("");
  const [phase, setPhase] = useState<"asking" | "sending" | "failed">("asking");
  // Thanks are for whoever sees the end of the conversation: a new word begins the next part of it.
  if (rated?.id === conversation.id) return rated.how === "answered" && conversation.status === "closed" ? <p class="note" role="status">{t.rateThanks}</p> : null;
  if (!conversation.asks_satisfaction) return null;
  return (
    <form
      class="email rate"
      onSubmit={(event) => {
        event.preventDefault();
        setPhase("sending");
        void rate(rating, comment.trim()).then((taken) => !taken && setPhase("failed"));
      }}
    >
      <fieldset>
        <legend>{t.rateAsk}</legend>
        {t.rates.map((name, index) => (
          <label key={index} class={index < rating ? "lit" : ""} title={name}>
            <input class="for-readers" type="radio" name="rating" aria-label={name} checked={rating === index + 1} onChange={() => setRating(index + 1)} />
            <span aria-hidden="true">{index < rating ? "★" : "☆"}</span>
          </label>
        ))}
      </fieldset>
      {rating > 0 && (
        <>
          <textarea rows={2} maxLength={MOST_WORDS} aria-label={t.rateComment} placeholder={t.rateComment} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
          <button type="submit" disabled={phase === "sending"}>
            {t.send}
          </button>
        </>
      )}
      <button type="button" class="plain" onClick={declineToRate}>
        {t.rateLater}
      </button>
      {phase === "failed" && <p role="alert">{t.rateFailed}</p>}
    </form>
  );
}
