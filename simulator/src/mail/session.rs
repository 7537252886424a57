//! One SMTP session: commands in their order, the mail, and what was set to go wrong.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use patchbay_core::letter::is_address;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::check::{self, MOST_BYTES};
use super::letter::{self, Letter, Reading};
use super::post;
use crate::config::MailServer;
use crate::faults::{Provider, take};
use crate::message::RequestRecord;
use crate::world::{FeedEvent, Shared};

/// Longest command line.
const LINE: u64 = 2_048;
const MOST_RECIPIENTS: usize = 100;
/// A client that is silent for so long is hung up on.
const IDLE: Duration = Duration::from_mins(5);

pub(super) struct Session {
    shared: Arc<Shared>,
    socket: BufReader<TcpStream>,
    greeted: bool,
    signed_in: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

/// What becomes of the connection after a command.
enum Next {
    Go,
    Hang,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, socket: TcpStream) -> Self {
        let socket = BufReader::new(socket);
        Self { shared, socket, greeted: false, signed_in: false, sender: None, recipients: Vec::new() }
    }

    fn server(&self) -> Option<&MailServer> {
        self.shared.config.mail.as_ref()
    }

    pub(super) async fn run(mut self) -> io::Result<()> {
        if self.shared.world().faults.mail.outage {
            self.note(421, None);
            return self.say(421, "4.3.2 out of service").await;
        }
        self.say(220, "mail.simulator.test ESMTP").await?;
        while let Some(line) = self.line().await? {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let next = match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" => self.hello(rest).await?,
                "AUTH" => self.sign_in(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.forget();
                    self.answer(250, "2.0.0 forgotten").await?
                }
                "NOOP" => self.answer(250, "2.0.0 here").await?,
                "QUIT" => {
                    self.say(221, "2.0.0 good-bye").await?;
                    Next::Hang
                }
                _ => self.answer(500, "5.5.1 not a command").await?,
            };
            if matches!(next, Next::Hang) {
                break;
            }
        }
        Ok(())
    }

    async fn hello(&mut self, name: &str) -> io::Result<Next> {
        if name.trim().is_empty() {
            return self.answer(501, "5.5.4 who are you?").await;
        }
        self.greeted = true;
        self.forget();
        let auth = if self.server().is_some_and(|server| server.credentials.is_some()) {
            "250-AUTH PLAIN LOGIN\r\n"
        } else {
            ""
        };
        let text = format!(
            "250-mail.simulator.test\r\n250-SIZE {MOST_BYTES}\r\n{auth}250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n"
        );
        self.write(&text).await?;
        Ok(Next::Go)
    }

    async fn sign_in(&mut self, rest: &str) -> io::Result<Next> {
        let decode = |text: &str| STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let mut words = rest.split_whitespace();
        let given = match (words.next().map(str::to_ascii_uppercase).as_deref(), words.next()) {
            (Some("PLAIN"), initial) => {
                let text = if let Some(text) = initial {
                    text.to_owned()
                } else {
                    self.say(334, "").await?;
                    self.line().await?.unwrap_or_default()
                };
                decode(&text).and_then(|text| {
                    let mut parts = text.split('\0').skip(1).map(str::to_owned);
                    Some((parts.next()?, parts.next()?))
                })
            }
            (Some("LOGIN"), _) => {
                self.say(334, "VXNlcm5hbWU6").await?;
                let name = self.line().await?.and_then(|line| decode(&line));
                self.say(334, "UGFzc3dvcmQ6").await?;
                let password = self.line().await?.and_then(|line| decode(&line));
                name.zip(password)
            }
            _ => return self.answer(504, "5.5.4 PLAIN or LOGIN").await,
        };
        let wanted = self.server().and_then(|server| server.credentials.as_ref());
        let fits =
            wanted.zip(given).is_some_and(|((name, password), given)| *name == given.0 && password.expose() == given.1);
        if fits {
            self.signed_in = true;
            return self.answer(235, "2.7.0 welcome").await;
        }
        self.note(535, None);
        self.answer(535, "5.7.8 name or password is wrong").await
    }

    async fn mail(&mut self, rest: &str) -> io::Result<Next> {
        if !self.greeted {
            return self.answer(503, "5.5.1 say hello first").await;
        }
        if self.server().is_some_and(|server| server.credentials.is_some()) && !self.signed_in {
            self.note(530, None);
            return self.answer(530, "5.7.0 sign in first").await;
        }
        if self.sender.is_some() {
            return self.answer(503, "5.5.1 one mail at a time").await;
        }
        let Some(address) = path(rest, "FROM:") else { return self.answer(501, "5.5.4 MAIL FROM:<address>").await };
        let size = rest.split_whitespace().find_map(|word| word.strip_prefix("SIZE=")?.parse::<usize>().ok());
        if size.is_some_and(|size| size > MOST_BYTES) {
            return self.answer(552, "5.3.4 too large").await;
        }
        if !address.is_empty() && self.server().is_none_or(|server| server.mailbox(&address).is_none()) {
            self.note(550, None);
            return self.answer(550, "5.7.1 you may not send in this name").await;
        }
        let later = take(&mut self.shared.world().faults.mail.too_many_requests);
        if later {
            self.shared.tell([FeedEvent::Faults]);
            self.note(451, None);
            return self.answer(451, "4.7.1 grey-listed, come back later").await;
        }
        self.sender = Some(address);
        self.answer(250, "2.1.0 go on").await
    }

    async fn recipient(&mut self, rest: &str) -> io::Result<Next> {
        if self.sender.is_none() {
            return self.answer(503, "5.5.1 from whom?").await;
        }
        let Some(address) = path(rest, "TO:").filter(|address| is_address(address)) else {
            return self.answer(501, "5.1.3 not an address").await;
        };
        if self.recipients.len() >= MOST_RECIPIENTS {
            return self.answer(452, "4.5.3 too many recipients").await;
        }
        let refused = {
            let mut world = self.shared.world();
            let faults = &mut world.faults.mail;
            take(&mut faults.server_errors).then_some(faults.fail_code)
        };
        if let Some(code) = refused {
            self.shared.tell([FeedEvent::Faults]);
            let (code, enhanced) = post::smtp_code(code);
            self.note(code, None);
            return self.answer(code, &format!("{enhanced} refused on purpose")).await;
        }
        self.recipients.push(address.to_lowercase());
        self.answer(250, "2.1.5 go on").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.recipients.is_empty() {
            return self.answer(503, "5.5.1 to whom?").await;
        }
        self.say(354, "go on, a dot alone ends it").await?;
        let raw = self.read_mail().await?;
        let (sender, recipients) = (self.sender.take().unwrap_or_default(), std::mem::take(&mut self.recipients));
        let delay = Duration::from_millis(self.shared.world().faults.mail.delay_ms);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match self.judge(&raw) {
            Err((code, text)) => {
                self.note(code, None);
                self.answer(code, &text).await
            }
            Ok(reading) => {
                let id = reading.message_id.clone();
                let letter = Letter { sender, recipients, raw, at: self.shared.now() };
                post::take_in(&self.shared, letter, reading);
                if let Some(hold) = self.silence() {
                    self.shared.tell([FeedEvent::Faults]);
                    self.note_vanished(&id);
                    tokio::time::sleep(hold).await;
                    return Ok(Next::Hang);
                }
                self.note(250, Some(id));
                self.answer(250, "2.0.0 taken").await
            }
        }
    }

    fn judge(&self, raw: &Bytes) -> Result<Reading, check::No> {
        if !self.shared.courier.has_room() {
            return Err((452, "4.3.1 no room".to_owned()));
        }
        check::form(raw)?;
        check::content(letter::read(raw), |address| {
            self.server().is_some_and(|server| server.mailbox(address).is_some())
        })
    }

    /// Whether the answer to an accepted mail is to be lost, and how long the connection is held before.
    fn silence(&self) -> Option<Duration> {
        let mut world = self.shared.world();
        let faults = &mut world.faults.mail;
        if take(&mut faults.timeout_after_accept) {
            return Some(Duration::from_millis(faults.hold_ms));
        }
        take(&mut faults.server_errors_after_accept).then_some(Duration::ZERO)
    }

    /// The mail, dots undone. Reads on to its end when it is too large, without keeping it.
    async fn read_mail(&mut self) -> io::Result<Bytes> {
        let mut raw = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = timeout(IDLE, self.socket.read_until(b'\n', &mut line))
                .await
                .map_err(|_| io::ErrorKind::TimedOut)??;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                return Ok(raw.into());
            }
            if raw.len() <= MOST_BYTES {
                raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.socket).take(LINE);
        let read = timeout(IDLE, limited.read_until(b'\n', &mut line)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        if read == 0 || !line.ends_with(b"\n") {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    async fn answer(&mut self, code: u16, text: &str) -> io::Result<Next> {
        self.say(code, text).await.map(|()| Next::Go)
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.write(&format!("{code} {text}\r\n")).await
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.socket.get_mut().write_all(text.as_bytes()).await
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn note(&self, code: u16, id: Option<String>) {
        self.record(Some(code), id);
    }

    fn note_vanished(&self, id: &str) {
        self.record(None, Some(id.to_owned()));
    }

    fn record(&self, code: Option<u16>, message_id: Option<String>) {
        let error_code = code.filter(|code| *code >= 400).map(u32::from);
        let record = RequestRecord {
            provider: Provider::Mail,
            at: self.shared.now(),
            method: "SMTP".to_owned(),
            path: "/".to_owned(),
            status: code,
            error_code,
            message_id,
        };
        self.shared.world().note_request(record);
        self.shared.touch();
    }
}

/// The address between the angle brackets after `FROM:` or `TO:`.
fn path(rest: &str, keyword: &str) -> Option<String> {
    let start = rest.get(..keyword.len())?;
    let rest = start.eq_ignore_ascii_case(keyword).then(|| rest.get(keyword.len()..))??;
    let (address, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    Some(address.to_lowercase())
}
