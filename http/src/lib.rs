//! How we speak HTTP: the error envelope, tokens and who they stand for, extractors, pages, correlation.

mod correlation;
mod credentials;
mod development;
mod error;
mod extract;
mod file;
mod gate;
#[cfg(test)]
mod issuer;
mod jwks;
mod noted;
mod operations;
mod page;
mod range;
mod rate;
mod router;
mod token;
mod trace;

pub use correlation::{CORRELATION_HEADER, REQUEST_HEADER, RequestIds, correlate, no_such_method, no_such_path};
pub use credentials::{ACCESS_COOKIE, TokenSource, bearer, cookie};
pub use development::DevelopmentHeaders;
pub use error::{ApiError, Chain};
pub use extract::{Body, Id, OptionalBody, Params};
pub use file::{Disposition, ServedFile};
pub use gate::{Caller, Gate, Proof, SharedDirectory};
pub use jwks::{Jwks, JwksRules, NoHttpClient};
pub use noted::{Noted, NotedActor, error_code};
pub use operations::OperationsDoor;
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page, decode_cursor, encode_cursor, limit};
#[doc(hidden)] // for `routes!`
pub use pastey::paste;
pub use range::{Wanted, wanted};
pub use rate::ActorRates;
pub use router::{Endpoints, OpenApiRouter, SaysWhatItIs};
pub use token::{Claims, MAX_TOKEN_BYTES, MIN_SECRET_BYTES, ScopeClaim, TokenKeys, WordList};
pub use trace::{TRACE_HEADER, TRACEPARENT_HEADER, Trace};
