//! Mail that no person wrote. Source: channel reference, e-mail, "Automatic mail".

use patchbay_core::vocabulary;

use super::headers::Headers;

vocabulary! {
    /// Why a mail counts as automatic.
    pub enum AutoReason {
        /// `Auto-Submitted` is anything but `no`.
        AutoSubmitted => "auto-submitted",
        /// `X-Autoreply: yes`.
        XAutoreply => "x-autoreply",
        /// A mailing list, or `Precedence` bulk, list or junk.
        List => "list",
        /// Sent from nobody, as reports are.
        NullSender => "null-sender",
    }
}

/// What the header says of who wrote a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Automatic {
    /// Why it is automatic; none: a person wrote it.
    pub reason: Option<AutoReason>,
    /// Nothing may be answered automatically.
    pub suppress_answers: bool,
}

/// Reads the signs. `sender`: the envelope's, if it is known.
pub fn automatic(headers: &Headers, sender: Option<&str>) -> Automatic {
    let word = |name: &str| headers.plain(name).map(|value| word_of(&value));
    let is_list =
        headers.first("List-Id").is_some() || matches!(word("Precedence").as_deref(), Some("bulk" | "list" | "junk"));
    let reason = if word("Auto-Submitted").is_some_and(|value| value != "no") {
        Some(AutoReason::AutoSubmitted)
    } else if word("X-Autoreply").as_deref() == Some("yes") {
        Some(AutoReason::XAutoreply)
    } else if is_list {
        Some(AutoReason::List)
    } else if sender.is_some_and(is_null) {
        Some(AutoReason::NullSender)
    } else {
        None
    };
    let suppress_answers = reason.is_some() || headers.first("X-Auto-Response-Suppress").is_some();
    Automatic { reason, suppress_answers }
}

/// The value before its parameters, without comments, which may stand anywhere and within each other.
fn word_of(value: &str) -> String {
    let mut depth = 0_usize;
    let mut word = String::new();
    for letter in value.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => break,
            letter if depth == 0 => word.push(letter),
            _ => {}
        }
    }
    word.trim().to_ascii_lowercase()
}

/// Whether an envelope sender is nobody.
pub(super) fn is_null(sender: &str) -> bool {
    sender.trim().trim_matches(['<', '>']).trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, sender: Option<&str>, reason: Option<&str>, suppress: bool) {
        let found = automatic(&Headers::of_message(raw.as_bytes()), sender);
        assert_eq!((found.reason.map(AutoReason::as_str), found.suppress_answers), (reason, suppress), "{raw}");
    }

    #[test]
    fn the_signs_are_read_in_their_order() {
        check("Subject: x\r\n\r\n", Some("a@b.test"), None, false);
        check("Auto-Submitted: NO ; x=y\r\n\r\n", None, None, false);
        check("Auto-Submitted: no (really)\r\n\r\n", None, None, false);
        check("Auto-Submitted: (a person (me)) no\r\n\r\n", None, None, false);
        check("Auto-Submitted: (no) auto-replied\r\n\r\n", None, Some("auto-submitted"), true);
        check("auto-submitted: Auto-Replied; owner\r\nList-Id: <x>\r\n\r\n", None, Some("auto-submitted"), true);
        check("Auto-Submitted: auto-generated\r\n\r\n", Some(""), Some("auto-submitted"), true);
        check("X-Autoreply: YES\r\nPrecedence: bulk\r\n\r\n", None, Some("x-autoreply"), true);
        check("X-Autoreply: no\r\n\r\n", None, None, false);
        check("Precedence: Junk\r\n\r\n", Some(""), Some("list"), true);
        check("Precedence: first-class\r\n\r\n", None, None, false);
        check("Subject: x\r\n\r\n", Some("<>"), Some("null-sender"), true);
        check("X-Auto-Response-Suppress: All\r\n\r\n", Some("a@b.test"), None, true);
    }
}
