//! What people are told of an alert, in English and French. Only what happened and where to look: nothing that a
//! customer said, and nobody's name.

use std::fmt::Write as _;

use super::Severity;
use crate::tool::question::Language;

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// What happened.
    pub code: &'a str,
    /// What its rule is called.
    pub rule: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// How often it happened.
    pub count: i64,
    /// Where to look.
    pub link: &'a str,
    /// What to answer with, to say that one looks after it.
    pub reply: Option<&'a str>,
}

/// Codes that have a sentence of their own, in English and in French.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("EMERGENCY", "A customer reports an emergency", "Un client signale une urgence"),
    ("PERSON_REQUESTED", "A customer asks for a person", "Un client demande à parler à une personne"),
    ("TRIAGE_UNCLEAR", "A conversation needs a supervisor", "Une conversation attend un superviseur"),
    ("SLA_WARNING", "A deadline is near", "Une échéance approche"),
    ("TICKET_SLA_WARNING", "The deadline of a ticket is near", "L'échéance d'un billet approche"),
    ("TICKET_SLA_BREACH", "The deadline of a ticket was missed", "L'échéance d'un billet est dépassée"),
    ("SLA_BREACH", "A deadline was missed", "Une échéance est dépassée"),
    ("SLA_ESCALATION", "Nobody has answered a customer", "Personne n'a répondu à un client"),
    ("CONVERSATION_UNASSIGNED", "Nobody takes a conversation", "Personne ne prend une conversation"),
    ("CONVERSATION_ADRIFT", "A conversation belonged to nobody", "Une conversation n'était à personne"),
    ("MESSAGE_NOT_SENT", "A message could not be sent", "Un message n'a pas pu être envoyé"),
    ("INBOX_UNHEALTHY", "An inbox does not work", "Une boîte de réception ne fonctionne pas"),
    ("TICKET_ESCALATED", "A ticket was escalated", "Un billet a été escaladé"),
    ("QUEUE_BACKLOG", "A queue is too long", "Une file d'attente est trop longue"),
    ("SLOW_FRT", "First answers are slow", "Les premières réponses sont lentes"),
    ("INTEGRATION_FAILED", "Another system does not take our calls", "Un autre système refuse nos appels"),
    ("WEBHOOK_DISABLED", "A webhook was taken out of use", "Un webhook a été désactivé"),
    ("TICKET_NEEDS_SITE", "A ticket waits for its site", "Un billet attend qu'on dise son site"),
    ("AUTOMATION_STOPPED", "An automation ran too often and was stopped", "Un automatisme trop fréquent a été arrêté"),
    ("CONTACT_RATE_LIMITED", "A customer writes too much too fast", "Un client écrit trop et trop vite"),
    ("AI_PAUSED", "An assistant was paused", "Un assistant a été mis en pause"),
    ("HANDOVER_REQUESTED", "An assistant asks for a person", "Un assistant demande une personne"),
    ("APPROVAL_REQUESTED", "A draft waits for approval", "Un brouillon attend une approbation"),
    ("STUCK_SCHEDULING", "Tickets are stuck in scheduling", "Des billets restent bloqués en planification"),
    ("COMPLETION_REJECTION_SPIKE", "Many completions are refused", "Beaucoup de clôtures sont refusées"),
    ("IDEMPOTENCY_CONFLICT_SPIKE", "Many keys are used twice", "Beaucoup de clés servent deux fois"),
    ("AUTH_POLICY_FAILURE_SPIKE", "Many callers are refused", "Beaucoup d'appels sont refusés"),
    ("BOOKING_EXHAUSTED", "No vendor takes a job", "Aucun prestataire ne prend un travail"),
    ("OUTBOX_DEAD_LETTER", "Work was given up", "Des tâches ont été abandonnées"),
    ("INVOICE_SYNC_FAILED", "Invoices do not reach the books", "Des factures n'arrivent pas en comptabilité"),
    ("INTEGRATION_CIRCUIT_OPEN", "Another system is not called any more", "Un autre système n'est plus appelé"),
    ("WEBHOOK_SIGNATURE_SPIKE", "Many webhooks prove nothing", "Beaucoup de webhooks ne prouvent rien"),
    ("HIGH_AGENT_LOAD", "An agent has too much", "Un agent a trop de travail"),
];

/// Whether what happened has a sentence of its own.
pub fn has_sentence(code: &str) -> bool {
    SENTENCES.iter().any(|(known, ..)| *known == code)
}

/// What happened, in a few words.
pub fn title(language: Language, code: &str) -> String {
    let known = SENTENCES.iter().find(|(known, ..)| *known == code);
    match (known, language) {
        (Some((_, english, _)), Language::English) => (*english).to_owned(),
        (Some((_, _, french)), Language::French) => (*french).to_owned(),
        // Any event of the feed may become an alert; it still says something: `CONVERSATION_NEW` is "Conversation new".
        (None, _) => {
            let words = code.to_ascii_lowercase().replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

pub(super) fn severity(language: Language, severity: Severity) -> &'static str {
    match (language, severity) {
        (_, Severity::Info) => "Info",
        (Language::English, Severity::Warning) => "Warning",
        (Language::English, Severity::Critical) => "Critical",
        (Language::French, Severity::Warning) => "Avertissement",
        (Language::French, Severity::Critical) => "Critique",
    }
}

/// The subject of a mail: one line. It holds the code to answer with, so that an answer brings it back.
pub fn subject(language: Language, telling: &Telling<'_>) -> String {
    let line = format!("[{}] {}", severity(language, telling.severity), title(language, telling.code));
    match telling.reply {
        Some(code) => format!("{line} [{code}]"),
        None => line,
    }
}

/// The text of a mail, an SMS or a Slack message.
pub fn text(language: Language, telling: &Telling<'_>) -> String {
    let mut text = format!("{}: {}", severity(language, telling.severity), title(language, telling.code));
    if telling.count > 1 {
        let _ = match language {
            Language::English => write!(text, " ({} times)", telling.count),
            Language::French => write!(text, " ({} fois)", telling.count),
        };
    }
    let _ = write!(text, "\n{}\n{}", telling.rule, telling.link);
    if let Some(code) = telling.reply {
        text.push('\n');
        text.push_str(&how_to_answer(language, code));
    }
    text
}

/// How to say that one looks after it.
pub(super) fn how_to_answer(language: Language, code: &str) -> String {
    match language {
        Language::English => format!("Reply ACK {code} if you look after it."),
        Language::French => format!("Répondez ACK {code} si vous vous en occupez."),
    }
}

/// Several alerts, each already in words, in one mail: its subject and its text.
pub fn digest(language: Language, texts: &[String]) -> (String, String) {
    let subject = match language {
        Language::English => format!("Alerts: {}", texts.len()),
        Language::French => format!("Alertes : {}", texts.len()),
    };
    (subject, texts.join("\n\n"))
}

/// Letters and digits that nobody mistakes for others.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code of six letters made of random bits.
pub fn reply_code(random: u32) -> String {
    (0..6).map(|place| char::from(ALPHABET[(random >> (place * 5)) as usize & 31])).collect()
}

/// The words of an answer that may be codes of alerts, and whether it is a single word that says yes. `None`: it cannot
/// be an answer to an alert.
pub fn possible_answer(text: &str) -> Option<PossibleAnswer> {
    let upper = text.to_uppercase();
    let own = upper.lines().map(str::trim).find(|line| !line.is_empty())?;
    let words = || own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let says_yes = own.split_whitespace().count() == 1 && words().next().is_some_and(|word| YES.contains(&word));
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|letter| ALPHABET.contains(&letter));
    let codes: Vec<String> = words().filter(is_code).map(str::to_owned).collect();
    (says_yes || !codes.is_empty()).then_some(PossibleAnswer { says_yes, codes })
}

/// What an answer to an alert may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleAnswer {
    /// It is nothing but a yes.
    pub says_yes: bool,
    /// Words that look like codes.
    pub codes: Vec<String>,
}

/// Words that say so.
const YES: [&str; 4] = ["ACK", "OK", "YES", "OUI"];

/// Whether an answer says that its sender looks after the alert with this code.
pub fn is_acknowledgement(answer: &str, code: &str, proof: Proof) -> bool {
    let answer = answer.to_uppercase();
    let own = answer.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut words = own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let says_so = words.clone().next().is_some_and(|word| YES.contains(&word));
    let has_code = words.any(|word| word == code);
    match proof {
        Proof::Sender => has_code || (says_so && own.split_whitespace().count() == 1),
        Proof::Code => has_code || (says_so && answer.contains(code)),
    }
}

/// What shows that an answer comes from whoever was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The provider vouches for the sender: a telephone number.
    Sender,
    /// Only the code does: a mail.
    Code,
}
