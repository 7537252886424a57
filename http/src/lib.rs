//! How we speak HTTP: the error envelope, tokens and who they stand for, extractors, pages, correlation.

mod correlation;
mod error;
mod extract;
mod gate;
mod page;
mod rate;
mod token;

pub use correlation::{CORRELATION_HEADER, REQUEST_HEADER, RequestIds, correlate, no_such_method, no_such_path};
pub use error::{ApiError, Chain};
pub use extract::{Body, Id, OptionalBody, Params};
pub use gate::{ACCESS_COOKIE, Caller, Gate, SharedDirectory, TokenSource, bearer, cookie};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page, decode_cursor, encode_cursor, limit};
pub use rate::ActorRates;
pub use token::{Claims, MIN_SECRET_BYTES, ScopeClaim, TokenKeys, WordList};
