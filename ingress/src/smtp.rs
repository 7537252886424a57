//! The mail receiver: mail servers deliver to the mailboxes with `inbound = "smtp"`. A mail is acknowledged when it is
//! durable, and not before. Source: RFC 5321, RFC 1870 (SIZE), RFC 2920 (PIPELINING), RFC 3207 (STARTTLS), RFC 6152
//! (8BITMIME).

mod data;
mod listener;
mod session;
mod talk;
mod wire;

pub use listener::{SmtpListener, SmtpSettings};

/// Entry point for fuzzing: any bytes as a connection, in pieces of any size.
pub fn exercise(bytes: &[u8]) {
    session::exercise(bytes);
    data::exercise(bytes);
}
