//! What a mail of ours says of itself and of those before it. Source: channel reference, outbound mail.

use crate::ids::{ConversationId, MessageId};

/// Longest subject, in characters.
pub const SUBJECT_CHARS: usize = 250;
/// Most addresses that get a copy.
pub const MOST_COPIES: usize = 20;
/// Most ids in `References`: the first and the last nine.
const MOST_REFERENCES: usize = 10;

/// Letters of a conversation's name; 32 of the 36 that may occur in one.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of a conversation in the addresses that answers go to: 16 characters made from its id, the same each time.
pub fn conversation_name(conversation: ConversationId) -> String {
    // The last 80 bits hold all that is random in an id.
    let mut bits = conversation.0.as_u128();
    let mut name = [0_u8; 16];
    for letter in name.iter_mut().rev() {
        *letter = LETTERS[usize::try_from(bits & 31).unwrap_or(0)];
        bits >>= 5;
    }
    name.iter().map(|letter| char::from(*letter)).collect()
}

/// The id of a mail of ours, without angle brackets: known before it is sent, the same however often it is tried.
/// `address` is the mailbox's.
pub fn message_id(message: MessageId, address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    format!("out-{}@{}", message.0.simple(), domain.to_ascii_lowercase())
}

/// The ids before an answer: those that the mail it answers names, and that mail itself; cut to the first and the last
/// nine.
pub fn references(theirs: &[String], answered: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(theirs.len() + 1);
    for id in theirs.iter().map(String::as_str).chain([answered]) {
        if is_message_id(id) && !all.iter().any(|known| known == id) {
            all.push(id.to_owned());
        }
    }
    if all.len() > MOST_REFERENCES {
        all.drain(1..all.len() - (MOST_REFERENCES - 1));
    }
    all
}

/// The subject of an answer to a mail with this subject.
pub fn reply_subject(subject: &str) -> String {
    let subject = one_line(subject);
    let subject = if subject.is_empty() { "your message" } else { &subject };
    let has_prefix = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    let text = if has_prefix { subject.to_owned() } else { format!("Re: {subject}") };
    text.chars().take(SUBJECT_CHARS).collect()
}

/// Whether a text can stand between the angle brackets of a message id.
pub fn is_message_id(id: &str) -> bool {
    id.len() <= 500
        && id.contains('@')
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

/// Whether a text is an address that a mail can be sent to.
pub fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let fits = |part: &str| {
        !part.is_empty()
            && part.chars().all(|one| !one.is_control() && !one.is_whitespace() && !"<>()[]\\,;:\"@".contains(one))
    };
    address.len() <= 254 && local.len() <= 64 && fits(local) && fits(domain)
}

/// The text on one line: without control characters, without white space around it.
pub fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_keep_the_first_and_the_last_nine() {
        let many: Vec<String> = (0..30).map(|number| format!("m{number}@x.test")).collect();
        let kept = references(&many, "last@x.test");
        assert_eq!(kept.len(), 10);
        assert_eq!((kept[0].as_str(), kept[1].as_str(), kept[9].as_str()), ("m0@x.test", "m22@x.test", "last@x.test"));
        assert_eq!(references(&["a@x".into(), "not an id".into(), "a@x".into()], "a@x"), ["a@x"]);
        assert!(references(&[], "sha256:0011").is_empty(), "a made-up id is nothing to refer to");
    }

    #[test]
    fn subjects_are_answered_once() {
        for (theirs, ours) in
            [("Visit", "Re: Visit"), ("RE: Visit", "RE: Visit"), ("", "Re: your message"), ("é", "Re: é")]
        {
            assert_eq!(reply_subject(theirs), ours);
        }
    }

    #[test]
    fn what_could_break_out_of_a_header_is_no_address() {
        for bad in ["a@b\r\nBcc: x@y", "a b@c.test", "@c.test", "a@", "nobody", "<a@b.test>"] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(is_address("dana+tag@tenants.test"));
    }
}
