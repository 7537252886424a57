//! Mail that leaves: composed, signed, and handed to the mailbox's relay over SMTP.

mod letter;
mod relay;
mod sign;
mod smtp;

pub(crate) use letter::{Enclosed, NotComposed, compose};
pub(crate) use relay::RelayAddress;
pub(crate) use sign::sign;
pub(crate) use smtp::{MailEnd, MailRoom, Posted};
