//! Mail: a server that takes what we send, the mailboxes of the customers behind it, and the reports and mails that come
//! back to us the way a mail provider brings them.

mod check;
mod letter;
mod post;
mod server;
mod session;
mod write;

pub use letter::{Letter, MailRecord};
pub use post::Way;
pub use write::MailSaying;

pub(crate) use post::{MailPost, deliver};
pub(crate) use server::run;
pub(crate) use write::{seed, write};
