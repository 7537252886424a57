//! One conversation with a mail server, as a machine without IO: a line in, a reply out.

use std::fmt::Write as _;

/// Longest command line. Source: RFC 5321, 4.5.3.1.4, with room for extensions.
pub(super) const MAX_LINE_BYTES: usize = 2_048;
/// Most recipients of one mail.
const MAX_RECIPIENTS: usize = 100;
/// Wrong commands after which nobody is listened to any longer.
const MAX_ERRORS: u32 = 20;

/// What a session may do.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Our name.
    pub(super) hostname: String,
    /// Largest mail, in bytes.
    pub(super) max_bytes: usize,
    /// Whether STARTTLS can be offered.
    pub(super) has_tls: bool,
}

/// Who may receive.
pub(super) trait Recipients {
    /// Whether one of our mailboxes takes mail for an address.
    fn takes(&self, address: &str) -> bool;
}

impl<F: Fn(&str) -> bool> Recipients for F {
    fn takes(&self, address: &str) -> bool {
        self(address)
    }
}

/// Where a session stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    helo: Option<String>,
    is_secure: bool,
    sender: Option<String>,
    recipients: Vec<String>,
    errors: u32,
}

/// A reply, and what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// What is written, line ends included.
    pub(super) text: String,
    pub(super) next: Next,
}

/// What happens after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next command is read.
    Command,
    /// The text of the mail is read.
    Data,
    /// The connection becomes secure; what was sent ahead is forgotten.
    Secure,
    /// The connection ends.
    Close,
}

/// The envelope of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Addressed {
    pub(super) helo: String,
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
}

fn reply(text: &str, next: Next) -> Reply {
    Reply { text: format!("{text}\r\n"), next }
}

/// The first words to whoever connects.
pub(super) fn greeting(terms: &Terms) -> String {
    format!("220 {} ESMTP\r\n", terms.hostname)
}

/// To whoever finds no place.
pub(super) fn too_many(terms: &Terms) -> String {
    format!("421 4.3.2 {} too many connections, try again later\r\n", terms.hostname)
}

impl Session {
    /// A session after STARTTLS: nothing that was said before counts.
    pub(super) fn secured() -> Self {
        Self { is_secure: true, ..Self::default() }
    }

    /// The envelope of the mail that was just received; the session is ready for the next one.
    pub(super) fn take_envelope(&mut self) -> Addressed {
        Addressed {
            helo: self.helo.clone().unwrap_or_default(),
            sender: self.sender.take().unwrap_or_default(),
            recipients: std::mem::take(&mut self.recipients),
        }
    }

    /// Answers a command line, given without its line end.
    pub(super) fn command(&mut self, line: &[u8], terms: &Terms, mailboxes: &impl Recipients) -> Reply {
        let Ok(line) = std::str::from_utf8(line) else { return self.wrong("500 5.5.2 not text") };
        if line.contains(['\0', '\r', '\n']) {
            return self.wrong("500 5.5.2 control characters in a command");
        }
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.ehlo(rest, terms),
            "HELO" => self.helo(rest, terms),
            "MAIL" => self.mail(rest, terms),
            "RCPT" => self.rcpt(rest, mailboxes),
            "DATA" if !rest.trim().is_empty() => self.wrong("501 5.5.4 DATA takes nothing"),
            "DATA" => self.data(),
            "RSET" => {
                self.forget();
                reply("250 2.0.0 forgotten", Next::Command)
            }
            "NOOP" => reply("250 2.0.0 nothing done", Next::Command),
            "QUIT" => reply("221 2.0.0 goodbye", Next::Close),
            "VRFY" => reply("252 2.1.5 send some mail, I will try", Next::Command),
            "HELP" => reply("214 2.0.0 EHLO MAIL RCPT DATA RSET NOOP QUIT", Next::Command),
            "STARTTLS" if !terms.has_tls || self.is_secure => self.wrong("503 5.5.1 not offered"),
            "STARTTLS" if !rest.trim().is_empty() => self.wrong("501 5.5.4 STARTTLS takes nothing"),
            "STARTTLS" => reply("220 2.0.0 go ahead", Next::Secure),
            _ => self.wrong("500 5.5.1 unknown command"),
        }
    }

    /// Answers a line that is longer than any command.
    pub(super) fn line_too_long(&mut self) -> Reply {
        self.wrong("500 5.5.2 line too long")
    }

    fn wrong(&mut self, text: &str) -> Reply {
        self.errors += 1;
        if self.errors > MAX_ERRORS {
            return reply("421 4.7.0 too many errors", Next::Close);
        }
        reply(text, Next::Command)
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn ehlo(&mut self, name: &str, terms: &Terms) -> Reply {
        let Some(name) = client_name(name) else { return self.wrong("501 5.5.4 who are you?") };
        self.forget();
        self.helo = Some(name);
        let mut text = format!("250-{}\r\n250-PIPELINING\r\n250-SIZE {}\r\n", terms.hostname, terms.max_bytes);
        if terms.has_tls && !self.is_secure {
            text.push_str("250-STARTTLS\r\n");
        }
        let _infallible = write!(text, "250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n");
        Reply { text, next: Next::Command }
    }

    fn helo(&mut self, name: &str, terms: &Terms) -> Reply {
        let Some(name) = client_name(name) else { return self.wrong("501 5.5.4 who are you?") };
        self.forget();
        self.helo = Some(name);
        reply(&format!("250 {}", terms.hostname), Next::Command)
    }

    fn mail(&mut self, rest: &str, terms: &Terms) -> Reply {
        if self.helo.is_none() {
            return self.wrong("503 5.5.1 say EHLO first");
        }
        if self.sender.is_some() {
            return self.wrong("503 5.5.1 one sender is enough");
        }
        let Some((sender, parameters)) = path(rest, "FROM:") else { return self.wrong("501 5.1.7 bad sender") };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => match value.parse::<u64>() {
                    Ok(size) if size > terms.max_bytes as u64 => {
                        return reply(&over_limit(terms), Next::Command);
                    }
                    Ok(_) => {}
                    Err(_) => return self.wrong("501 5.5.4 bad SIZE"),
                },
                "BODY" if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
                "SMTPUTF8" => {}
                _ => return self.wrong("555 5.5.4 unknown parameter"),
            }
        }
        self.sender = Some(sender);
        reply("250 2.1.0 sender ok", Next::Command)
    }

    fn rcpt(&mut self, rest: &str, mailboxes: &impl Recipients) -> Reply {
        if self.sender.is_none() {
            return self.wrong("503 5.5.1 say MAIL first");
        }
        let Some((recipient, parameters)) = path(rest, "TO:") else { return self.wrong("501 5.1.3 bad recipient") };
        if !parameters.trim().is_empty() {
            return self.wrong("555 5.5.4 unknown parameter");
        }
        if recipient.is_empty() || !mailboxes.takes(&recipient) {
            self.errors += 1;
            return reply("550 5.1.1 no such mailbox here", Next::Command);
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return reply("452 4.5.3 too many recipients", Next::Command);
        }
        if !self.recipients.contains(&recipient) {
            self.recipients.push(recipient);
        }
        reply("250 2.1.5 recipient ok", Next::Command)
    }

    fn data(&mut self) -> Reply {
        if self.sender.is_none() {
            return self.wrong("503 5.5.1 say MAIL first");
        }
        if self.recipients.is_empty() {
            return self.wrong("554 5.5.1 no valid recipients");
        }
        reply("354 go ahead, end with a dot", Next::Data)
    }
}

/// To a mail that is larger than we take.
pub(super) fn over_limit(terms: &Terms) -> String {
    format!("552 5.3.4 the mail is over {} bytes", terms.max_bytes)
}

/// A name that a client gives itself.
fn client_name(name: &str) -> Option<String> {
    let name = name.trim();
    (!name.is_empty() && name.len() <= 255 && !name.contains(char::is_whitespace)).then(|| name.to_ascii_lowercase())
}

/// `FROM:<address> PARAMETERS`: the address, without a source route, and the parameters.
fn path<'l>(rest: &'l str, keyword: &str) -> Option<(String, &'l str)> {
    let start = rest.get(..keyword.len())?;
    let rest = rest.get(keyword.len()..)?.trim_start();
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let inside = rest.strip_prefix('<')?;
    let (address, parameters) = inside.split_once('>')?;
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => address,
    };
    let is_plain =
        address.len() <= 320 && !address.contains(|letter: char| letter.is_control() || letter.is_whitespace());
    let has_domain = address.is_empty() || address.contains('@') || address.eq_ignore_ascii_case("postmaster");
    (is_plain && has_domain && (parameters.is_empty() || parameters.starts_with(' ')))
        .then(|| (address.to_owned(), parameters))
}

/// Any bytes as command lines: every reply is well-formed, and nothing is received before everything is said.
pub(super) fn exercise(bytes: &[u8]) {
    let terms = Terms { hostname: "mx.test".to_owned(), max_bytes: 1_000, has_tls: true };
    let mailboxes = |address: &str| address.ends_with("@ours.test");
    let mut session = Session::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let answer = session.command(line, &terms, &mailboxes);
        let lines: Vec<&str> = answer.text.split_terminator("\r\n").collect();
        assert!(!lines.is_empty() && answer.text.ends_with("\r\n"), "a reply is whole lines");
        for (place, line) in lines.iter().enumerate() {
            let mark = line.as_bytes().get(3);
            let is_last = place + 1 == lines.len();
            assert!(line.get(..3).is_some_and(|code| code.parse::<u16>().is_ok()), "a reply begins with a code");
            assert_eq!(mark, Some(if is_last { &b' ' } else { &b'-' }), "only the last line ends a reply");
        }
        match answer.next {
            Next::Data => {
                let envelope = session.take_envelope();
                assert!(!envelope.recipients.is_empty(), "a mail is for somebody");
                assert!(envelope.recipients.iter().all(|address| mailboxes(address)), "a mail is for us");
            }
            Next::Secure => session = Session::secured(),
            Next::Close => return,
            Next::Command => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms() -> Terms {
        Terms { hostname: "mx.ours.test".to_owned(), max_bytes: 1_000, has_tls: true }
    }

    /// The codes that a script of commands is answered with.
    fn codes(session: &mut Session, script: &[&str]) -> Vec<String> {
        let mailboxes = |address: &str| address.eq_ignore_ascii_case("support@ours.test");
        script.iter().map(|line| session.command(line.as_bytes(), &terms(), &mailboxes).text[..3].to_owned()).collect()
    }

    #[test]
    fn a_mail_is_taken_in_the_right_order() {
        let mut session = Session::default();
        let script = [
            "EHLO Client.Test",
            "MAIL FROM:<dana@x.test> SIZE=900 BODY=8BITMIME",
            "rcpt to:<Support@ours.test>",
            "RCPT TO:<support@ours.test>",
            "DATA",
        ];
        assert_eq!(codes(&mut session, &script), ["250", "250", "250", "250", "354"]);
        let envelope = session.take_envelope();
        assert_eq!((envelope.helo.as_str(), envelope.sender.as_str()), ("client.test", "dana@x.test"));
        assert_eq!(envelope.recipients, ["Support@ours.test", "support@ours.test"]);
        assert_eq!(
            codes(&mut session, &["DATA", "MAIL FROM:<>", "RCPT TO:<@relay.test:support@ours.test>", "DATA", "QUIT"]),
            ["503", "250", "250", "354", "221"]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut session = Session::default();
        assert_eq!(
            codes(&mut session, &["MAIL FROM:<a@b.test>", "EHLO", "EHLO c", "RCPT TO:<support@ours.test>", "DATA"]),
            ["503", "501", "250", "503", "503"]
        );
        assert_eq!(
            codes(
                &mut session,
                &[
                    "MAIL FROM:<a@b.test> SIZE=1001",
                    "MAIL FROM:<a@b.test> SIZE=x",
                    "MAIL FROM:<a@b.test> FUTURE=1",
                    "MAIL FROM: a@b.test"
                ]
            ),
            ["552", "501", "555", "501"]
        );
        assert_eq!(
            codes(
                &mut session,
                &[
                    "MAIL FROM:<a@b.test>", "MAIL FROM:<c@b.test>", "RCPT TO:<nobody@ours.test>", "DATA", "RSET",
                    "DATA", "BLAH"
                ]
            ),
            ["250", "503", "550", "554", "250", "503", "500"]
        );
    }

    #[test]
    fn whoever_errs_too_often_is_left() {
        let mut session = Session::default();
        let script = vec!["BLAH"; 21];
        let codes = codes(&mut session, &script);
        assert_eq!(codes.last().map(String::as_str), Some("421"));
        assert_eq!(codes.iter().filter(|code| *code == "500").count(), 20);
    }

    #[test]
    fn a_secure_session_begins_anew() {
        let mut session = Session::default();
        let hello = session.command(b"EHLO c", &terms(), &|_: &str| true);
        assert!(hello.text.contains("250-STARTTLS\r\n") && hello.text.contains("250-SIZE 1000\r\n"));
        assert_eq!(session.command(b"STARTTLS", &terms(), &|_: &str| true).next, Next::Secure);
        let mut session = Session::secured();
        assert_eq!(codes(&mut session, &["MAIL FROM:<a@b.test>", "STARTTLS"]), ["503", "503"]);
    }

    proptest! {
        #[test]
        fn any_conversation_will_do(script in "((EHLO|HELO|MAIL FROM:|RCPT TO:|DATA|RSET|STARTTLS|QUIT|<[a-z@.:]{0,12}>|SIZE=|[ -~]{0,6}| )|\n){0,40}") {
            exercise(script.as_bytes());
        }

        #[test]
        fn any_bytes_will_do(bytes in any::<Vec<u8>>()) {
            super::super::exercise(&bytes);
        }
    }
}
