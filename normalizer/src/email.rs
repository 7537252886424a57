//! E-mail: what arrives and what leaves.

pub mod reply_token;
