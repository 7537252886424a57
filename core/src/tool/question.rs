//! The question to the customer and the reading of the answer. The gateway writes the question; no assistant sees the
//! code in it. Source: tool gateway reference, how a confirmation must bind.

use rand::RngExt as _;

/// Letters and digits that nobody mixes up.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a code: 40 bits.
const LENGTH: usize = 8;
/// What a code begins with.
pub const PREFIX: &str = "CONFIRM-";

/// A language that we have templates in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// The language of a locale: `fr`, `fr-CA` are French, everything else is English.
    pub fn of(locale: Option<&str>) -> Self {
        match locale {
            Some(locale) if locale.to_ascii_lowercase().starts_with("fr") => Self::French,
            _ => Self::English,
        }
    }

    /// Its code: `en` or `fr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

/// A new code. It has a digit, so that it is told from a word even without its prefix.
pub fn new_code() -> String {
    let mut rng = rand::rng();
    loop {
        let code: String = (0..LENGTH).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
        if code.bytes().any(|sign| sign.is_ascii_digit()) {
            return format!("{PREFIX}{code}");
        }
    }
}

/// The code that bytes stand for: the same bytes, the same code.
pub fn code_of(bytes: &[u8]) -> String {
    let code: String = bytes
        .iter()
        .cycle()
        .take(LENGTH)
        .enumerate()
        .map(|(place, byte)| char::from(ALPHABET[(usize::from(*byte) + place) % ALPHABET.len()]))
        .collect();
    format!("{PREFIX}{code}")
}

/// Asks for the confirmation of a payment.
pub fn payment(
    language: Language,
    amount: &str,
    currency: &str,
    description: &str,
    code: &str,
    minutes: i64,
) -> String {
    match language {
        Language::English => format!(
            "Please confirm: {currency} {amount} for \"{description}\". To agree, reply with {code} within {minutes} \
             minutes. To refuse, reply NO. If you did not ask for this, ignore this message."
        ),
        Language::French => format!(
            "Veuillez confirmer : {amount} {currency} pour « {description} ». Pour accepter, répondez {code} d'ici \
             {minutes} minutes. Pour refuser, répondez NON. Si vous n'avez rien demandé, ignorez ce message."
        ),
    }
}

/// Asks a dealer for the confirmation of a job.
pub fn job(language: Language, service: &str, vehicle: &str, code: &str, minutes: i64) -> String {
    match language {
        Language::English => format!(
            "Please confirm the job: {service} for {vehicle}. To agree, reply with {code} within {minutes} minutes. To \
             refuse, reply NO. If you did not ask for this, ignore this message."
        ),
        Language::French => format!(
            "Veuillez confirmer le travail : {service}, {vehicle}. Pour accepter, répondez {code} d'ici {minutes} \
             minutes. Pour refuser, répondez NON. Si vous n'avez rien demandé, ignorez ce message."
        ),
    }
}

/// Asks for the confirmation of an appointment.
pub fn visit(language: Language, ticket: &str, window: &str, code: &str, minutes: i64) -> String {
    match language {
        Language::English => format!(
            "Please confirm the appointment for {ticket}: {window}. To agree, reply with {code} within {minutes} \
             minutes. To refuse, reply NO."
        ),
        Language::French => format!(
            "Veuillez confirmer le rendez-vous pour {ticket} : {window}. Pour accepter, répondez {code} d'ici {minutes} \
             minutes. Pour refuser, répondez NON."
        ),
    }
}

/// What a customer's message says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has something of the shape of a code.
    Code(String),
    /// It refuses.
    No,
    /// It says something else.
    Other,
}

/// Reads a customer's message. A code counts anywhere in it, in any case, with or without its prefix and with spaces or
/// hyphens inside.
pub fn read(text: &str) -> Answer {
    let upper = text.to_uppercase();
    if let Some(place) = upper.find("CONFIRM") {
        let rest: String =
            upper.chars().skip(upper.get(..place).map_or(0, |before| before.chars().count()) + 7).collect();
        let signs: String = rest
            .chars()
            .filter(|sign| !matches!(sign, '-' | ' ' | '\u{2010}'..='\u{2015}' | '\u{00a0}'))
            .take(LENGTH)
            .collect();
        if is_code(&signs) {
            return Answer::Code(format!("{PREFIX}{signs}"));
        }
    }
    let words = upper.split(|sign: char| !sign.is_alphanumeric() && sign != '-').map(|word| word.replace('-', ""));
    for word in words.clone() {
        if is_code(&word) && word.chars().any(|sign| sign.is_ascii_digit()) {
            return Answer::Code(format!("{PREFIX}{word}"));
        }
    }
    let mut words = words.filter(|word| !word.is_empty());
    match (words.next().as_deref(), words.count()) {
        (Some("NO" | "NON" | "STOP" | "CANCEL" | "ANNULER" | "ANNULEZ" | "REFUSE" | "NOPE"), 0..=3) => Answer::No,
        _ => Answer::Other,
    }
}

fn is_code(signs: &str) -> bool {
    signs.len() == LENGTH && signs.bytes().all(|sign| ALPHABET.contains(&sign))
}

/// Whether a text is a token as the tools take it.
pub fn is_token(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|signs| {
        signs.len() == LENGTH && signs.bytes().all(|sign| sign.is_ascii_uppercase() || (b'2'..=b'9').contains(&sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_as_people_type_it() {
        let wanted = Answer::Code("CONFIRM-AB2CD3EF".into());
        for text in
            ["CONFIRM-AB2CD3EF", "confirm ab2cd3ef", "ok AB2C-D3EF merci", "ab2cd3ef", "Oui: confirm-ab2c d3ef!"]
        {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_bare_yes_is_no_proof_and_a_no_is_one() {
        assert_eq!(read("yes please"), Answer::Other);
        assert_eq!(read("Oui"), Answer::Other);
        assert_eq!(read("NON merci"), Answer::No);
        assert_eq!(read("stop"), Answer::No);
        assert_eq!(read("no problem, I will be there at noon tomorrow"), Answer::Other);
    }

    #[test]
    fn a_new_code_has_the_shape_of_a_token() {
        let code = new_code();
        assert!(is_token(&code), "{code}");
        assert_eq!(read(&code), Answer::Code(code.clone()));
        assert_ne!(code, new_code());
    }
}
