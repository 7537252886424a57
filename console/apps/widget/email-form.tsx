/** @jsxImportSource preact */
import { useState } from "preact/hooks";
import { giveEmail } from "./chat";
import { texts } from "./language";

/** Asks where an answer can go when nobody is there. Writing works without it. */
export function EmailForm({ isGiven }: { isGiven: boolean }) {
  const t = texts();
  const [email, setEmail] = useState("");
  const [isBad, setBad] = useState(false);
  if (isGiven) return <p class="note">{t.emailKept}</p>;
  return (
    <form
      class="email"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void giveEmail(email.trim()).then((taken) => setBad(!taken));
      }}
    >
      <label>
        {t.emailAsk}
        <input
          type="email"
          autoComplete="email"
          aria-label={t.email}
          aria-invalid={isBad}
          placeholder={t.email}
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={email.trim() === ""}>
        {t.emailSave}
      </button>
      {isBad && <p role="alert">{t.emailBad}</p>}
    </form>
  );
}
