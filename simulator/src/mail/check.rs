//! What a strict mail server refuses. Source: RFC 5321 and RFC 5322.

use super::letter::Reading;

/// Largest mail, in bytes, as announced with `SIZE`.
pub(super) const MOST_BYTES: usize = 36 << 20;
/// Longest line without its end.
const LONGEST_LINE: usize = 998;

/// An answer that is a refusal: code and words.
pub(super) type No = (u16, String);

/// Checks the form of a mail.
pub(super) fn form(raw: &[u8]) -> Result<(), No> {
    if raw.len() > MOST_BYTES {
        return Err((552, "5.3.4 the message is larger than announced".to_owned()));
    }
    let broken = |what: &str| Err((554, format!("5.6.0 {what}")));
    if !raw.is_ascii() {
        return broken("8-bit characters were not announced");
    }
    for line in raw.split(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r") {
            _ if line.len() > LONGEST_LINE + 1 => return broken("a line is longer than 998 characters"),
            Some(line) if line.contains(&b'\r') => return broken("a carriage return stands alone"),
            Some(_) => {}
            // Nothing comes after the last line's end.
            None if line.is_empty() => {}
            None => return broken("a line feed stands alone"),
        }
    }
    let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") else {
        return broken("there is no end of the headers");
    };
    let headers = String::from_utf8_lossy(&raw[..end + 2]).into_owned();
    for name in ["From", "Date", "Message-ID", "MIME-Version", "Content-Type", "To", "Subject"] {
        match count(&headers, name) {
            1 => {}
            0 => return broken(&format!("{name} is missing")),
            _ => return broken(&format!("{name} is there more than once")),
        }
    }
    for name in ["Reply-To", "In-Reply-To", "References", "Cc", "Sender", "Auto-Submitted"] {
        if count(&headers, name) > 1 {
            return broken(&format!("{name} is there more than once"));
        }
    }
    Ok(())
}

fn count(headers: &str, name: &str) -> usize {
    let headers = headers.split("\r\n");
    headers.filter(|line| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name))).count()
}

/// Checks what a mail says of itself against who sent it.
pub(super) fn content(reading: Option<Reading>, is_ours: impl Fn(&str) -> bool) -> Result<Reading, No> {
    let Some(reading) = reading else { return Err((554, "5.6.0 this is not a mail".to_owned())) };
    if !is_ours(&reading.from) {
        return Err((550, "5.7.1 you may not write in this name".to_owned()));
    }
    if reading.text.is_empty() && reading.files.is_empty() {
        return Err((554, "5.6.0 the mail is empty".to_owned()));
    }
    if reading.html.is_none() {
        return Err((554, "5.6.0 a text without its HTML".to_owned()));
    }
    Ok(reading)
}
