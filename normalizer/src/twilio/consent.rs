//! Consent keywords of SMS. Source: Twilio, "Support for opt-out keywords" and "Advanced Opt-Out".

use super::form::Form;

/// What we know of the sender's consent before this message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not opted out, or nothing known.
    #[default]
    Given,
    /// Opted out: only now `YES` means consent, otherwise it answers a question.
    Withdrawn,
}

const STOP: &[&str] = &["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: &[&str] = &["START", "UNSTOP"];
const HELP: &[&str] = &["HELP", "INFO"];

/// Longest body that can be a keyword of advanced opt-out.
const LONGEST_KEYWORD: usize = 40;

/// Whether the answer depends on what we know of the sender: then look it up before normalising.
pub fn depends_on_history(form: &Form) -> bool {
    form.word("OptOutType").is_none() && keyword(form) == "YES"
}

/// Event type and keyword, when the whole trimmed body is a consent keyword or Twilio says that it is one.
pub(super) fn meaning(form: &Form, consent: Consent) -> Option<(&'static str, String)> {
    let word = keyword(form);
    if let Some(hint) = form.word("OptOutType") {
        let hint = hint.to_ascii_uppercase();
        let event = match hint.as_str() {
            "STOP" => "opt_out",
            "START" => "opt_in",
            "HELP" => "help_requested",
            _ => return by_word(&word, consent),
        };
        let known = !word.is_empty() && word.chars().count() <= LONGEST_KEYWORD;
        return Some((event, if known { word } else { hint }));
    }
    by_word(&word, consent)
}

fn by_word(word: &str, consent: Consent) -> Option<(&'static str, String)> {
    let event = if STOP.contains(&word) {
        "opt_out"
    } else if START.contains(&word) || (word == "YES" && consent == Consent::Withdrawn) {
        "opt_in"
    } else if HELP.contains(&word) {
        "help_requested"
    } else {
        return None;
    };
    Some((event, word.to_owned()))
}

fn keyword(form: &Form) -> String {
    form.text("Body").unwrap_or_default().trim().to_uppercase()
}
