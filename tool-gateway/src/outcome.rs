//! What becomes of a call: an answer, or a refusal with the one object of errors on both surfaces.

use patchbay_core::Code;
use patchbay_core::ids::ToolDraftId;
use patchbay_core::tool::window::Standing;
use patchbay_dispatch::CommandError;
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use patchbay_store::StoreError;
use serde_json::{Value, json};

/// What a call answered.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The result.
    pub result: Value,
    /// The draft it is about.
    pub draft: Option<Value>,
    /// What the limits say after it.
    pub standings: Vec<Standing>,
}

impl Outcome {
    /// A result and nothing else.
    pub(crate) fn of(result: Value) -> Self {
        Self { result, draft: None, standings: Vec::new() }
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        json!({"result": self.result, "draft": self.draft, "limits": limits(&self.standings)})
    }
}

/// The limits as an answer shows them.
pub(crate) fn limits(standings: &[Standing]) -> Value {
    let of = |standing: &Standing| {
        json!({
            "policy": standing.limit.name,
            "limit": standing.limit.most,
            "window_s": standing.limit.seconds,
            "remaining": standing.remaining,
            "reset_s": standing.reset_s,
        })
    };
    match standings.first() {
        None => json!({}),
        Some(first) => {
            let mut shown = of(first);
            shown["all"] = standings.iter().map(of).collect();
            shown
        }
    }
}

/// A refused or failed call.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What the caller is told.
    pub(crate) error: ApiError,
    /// The finer word of the reason.
    pub(crate) reason: String,
    /// Whether repeating the same call can help.
    pub(crate) retryable: bool,
    /// When.
    pub(crate) retry_after_s: Option<u64>,
    /// Which argument.
    pub(crate) field: Option<String>,
    /// Which draft.
    pub(crate) draft: Option<ToolDraftId>,
    /// What the limits say.
    pub(crate) standings: Vec<Standing>,
    /// Version of the policy that was in force.
    pub(crate) policy: Option<i64>,
    /// The permission that the token would need.
    pub(crate) wants: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(code: Code, reason: &str, message: impl Into<String>) -> Self {
        Self {
            error: ApiError::new(code, message),
            reason: reason.to_owned(),
            retryable: false,
            retry_after_s: None,
            field: None,
            draft: None,
            standings: Vec::new(),
            policy: None,
            wants: None,
        }
    }

    /// Absent, or not the caller's to know.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, &format!("{}.not_found", what.replace(' ', "_")), format!("no such {what}"))
    }

    #[must_use]
    pub(crate) fn retry(mut self, seconds: u64) -> Self {
        self.retryable = true;
        self.retry_after_s = Some(seconds);
        self.error = self.error.retry_after(seconds);
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Which permission would do.
    #[must_use]
    pub(crate) fn wanting(mut self, permission: &'static str) -> Self {
        self.wants = Some(permission);
        self
    }

    #[must_use]
    pub(crate) fn about(mut self, draft: ToolDraftId) -> Self {
        self.draft = Some(draft);
        self
    }

    /// The code of the envelope.
    pub fn code(&self) -> Code {
        self.error.code()
    }

    /// The error with everything beside its code: for both surfaces.
    pub fn into_api(self) -> ApiError {
        let code = self.error.code();
        let mut error = self
            .error
            .with("reason", self.reason.clone())
            .with("retryable", self.retryable)
            .with("policy", self.policy.map_or_else(|| "tools".to_owned(), |version| format!("tools/{version}")))
            .with("dimension", code.dimension().map_or(Value::Null, Value::from))
            .with("field", self.field.map_or(Value::Null, Value::from));
        if let Some(seconds) = self.retry_after_s {
            error = error.with("retry_after_s", seconds).with("retry_after", seconds).because("retry_after", seconds);
        }
        if let Some(draft) = self.draft {
            error = error.with("draft_id", draft.to_string());
        }
        if !self.standings.is_empty() {
            error = error.with("limits", limits(&self.standings));
        }
        error.because("reason", self.reason)
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let code = error.code();
        let reason = match code.status() {
            400 => "input.invalid",
            401 => "auth.refused",
            403 => "permission.refused",
            404 => "scope.not_found",
            409 if code == Code::IdempotencyPayloadMismatch => "idempotency.conflict",
            409 if code == Code::IdempotencyInProgress => "idempotency.in_flight",
            409 => "policy.refused",
            503 => "internal.not_ready",
            _ => "internal",
        };
        let retryable = matches!(code, Code::NotReady | Code::IdempotencyInProgress | Code::VersionConflict);
        Self {
            error,
            reason: reason.to_owned(),
            retryable,
            retry_after_s: None,
            field: None,
            draft: None,
            standings: Vec::new(),
            policy: None,
            wants: None,
        }
    }
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<HubError> for Refusal {
    fn from(error: HubError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        ApiError::from(HubError::from(error)).into()
    }
}
