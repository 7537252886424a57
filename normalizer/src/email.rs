//! E-mail: what arrives and what leaves.

pub mod compose;
pub mod reply_token;
pub mod smtp;
