//! Traces: which spans belong together, and where the work at hand stands among them. Nothing is recorded until a program
//! installs a [`Recorder`]; until then asking costs one look at a cell that is empty. A span holds ids, words and numbers
//! of ours: never what somebody wrote, nor a number, a name or an address. Sources: W3C Trace Context, level 1;
//! OpenTelemetry, tracing.

mod context;
mod span;

pub use context::{NotAContext, SpanContext, Within, current, onward, within};
pub use span::{Finished, Kind, Recorder, Span, Value, adopt, child, child_of, install, is_on, samples};
