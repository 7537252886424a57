//! Spans: begun where work begins, told to the recorder when they are dropped.

use std::borrow::Cow;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use super::context::{SpanContext, current};
use crate::clock::Clock;

/// What a span is to the one above it. The numbers are those of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Work inside of a process.
    Internal = 1,
    /// A request that was answered.
    Server = 2,
    /// A call of others.
    Client = 3,
    /// Something handed on to whoever listens.
    Producer = 4,
    /// Something taken out of a queue.
    Consumer = 5,
}

/// What is said of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word of ours.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self::Text(Cow::Borrowed(word))
    }
}

impl From<String> for Value {
    fn from(word: String) -> Self {
        Self::Text(Cow::Owned(word))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A span that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which.
    pub context: SpanContext,
    /// The span above it; `None`: it begins the trace.
    pub parent: Option<u64>,
    /// What was done.
    pub name: Cow<'static, str>,
    /// What it is to the one above.
    pub kind: Kind,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// What is said of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// In a word, why it failed.
    pub failure: Option<Cow<'static, str>>,
}

/// Takes finished spans and says which traces are recorded.
pub struct Recorder {
    clock: Clock,
    /// Traces whose last 63 bits are below are recorded.
    below: u64,
    take: Box<dyn Fn(Finished) + Send + Sync>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("below", &self.below).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Records `share` (0 to 1) of the traces that begin here. `take` must return at once.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^63")]
    pub fn new(clock: Clock, share: f64, take: impl Fn(Finished) + Send + Sync + 'static) -> Self {
        let below = (share.clamp(0.0, 1.0) * 9_223_372_036_854_775_808.0) as u64;
        Self { clock, below, take: Box::new(take) }
    }

    fn samples(&self, trace_id: u128) -> bool {
        (trace_id & u128::from(u64::MAX >> 1)) < u128::from(self.below)
    }
}

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Records from now on, to the end of the process. `false`: another recorder was first, and stays.
pub fn install(recorder: Recorder) -> bool {
    RECORDER.set(recorder).is_ok()
}

/// Whether anything is recorded at all.
pub fn is_on() -> bool {
    RECORDER.get().is_some()
}

/// Whether a trace that begins here is recorded.
pub fn samples(trace_id: u128) -> bool {
    RECORDER.get().is_some_and(|recorder| recorder.samples(trace_id))
}

/// Begins a span whose ids were chosen already. `None` when nothing is recorded.
pub fn adopt(
    context: SpanContext,
    parent: Option<u64>,
    name: impl Into<Cow<'static, str>>,
    kind: Kind,
) -> Option<Span> {
    let recorder = RECORDER.get()?;
    let now = recorder.clock.now();
    let data = Finished {
        context,
        parent,
        name: name.into(),
        kind,
        began_at: now,
        ended_at: now,
        attributes: Vec::new(),
        failure: None,
    };
    Some(Span { recorder, data: Some(data) })
}

/// Begins a span below `parent`, which may have ended long ago, on another node. `None` when nothing is recorded.
pub fn child_of(parent: SpanContext, name: impl Into<Cow<'static, str>>, kind: Kind) -> Option<Span> {
    let span_id = rand::random::<u64>().max(1);
    adopt(SpanContext { span_id, ..parent }, Some(parent.span_id), name, kind)
}

/// Begins a span below the current one. `None` when there is none.
pub fn child(name: &'static str, kind: Kind) -> Option<Span> {
    child_of(current()?, name, kind)
}

/// A span that has begun. It ends when it is dropped.
#[derive(Debug)]
#[must_use = "a span ends when it is dropped"]
pub struct Span {
    recorder: &'static Recorder,
    data: Option<Finished>,
}

impl Span {
    /// Where it stands: what hangs below it names this.
    pub fn context(&self) -> SpanContext {
        self.data.as_ref().expect("only dropping takes it").context
    }

    /// Says something of it: words and numbers of ours only.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(data) = &mut self.data {
            data.attributes.push((key, value.into()));
        }
    }

    /// Calls it otherwise.
    pub fn rename(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(data) = &mut self.data {
            data.name = name.into();
        }
    }

    /// Says that it failed, in a word of ours.
    pub fn fail(&mut self, why: impl Into<Cow<'static, str>>) {
        if let Some(data) = &mut self.data {
            data.failure = Some(why.into());
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(mut data) = self.data.take() {
            data.ended_at = self.recorder.clock.now().max(data.began_at);
            (self.recorder.take)(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_traces_decides_by_the_trace_alone() {
        let of = |share| Recorder::new(Clock::system(), share, |_| {});
        let traces = || (0..1_000_u128).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        assert_eq!(traces().filter(|trace| of(1.0).samples(*trace)).count(), 1_000);
        assert_eq!(traces().filter(|trace| of(0.0).samples(*trace)).count(), 0);
        let some = traces().filter(|trace| of(0.25).samples(*trace)).count();
        assert!((150..350).contains(&some), "{some} of 1,000");
    }

    #[test]
    fn without_a_recorder_nothing_begins() {
        let parent = SpanContext { trace_id: 1, span_id: 1 };
        assert!(!is_on() && !samples(1));
        assert!(child_of(parent, "nothing", Kind::Internal).is_none());
        assert!(child("nothing", Kind::Internal).is_none());
    }
}
