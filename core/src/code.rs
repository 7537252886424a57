//! Every code an error can carry: its HTTP status and the dimension of policy it speaks of. This table and nothing else
//! decides both. Source: domain, errors.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal, $dimension:expr;)+) => {
        /// A stable code of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The code as it stands in the envelope.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// The HTTP status it travels with.
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
            /// Which dimension of policy refused, if policy did.
            pub const fn dimension(self) -> Option<&'static str> { match self { $(Self::$variant => $dimension),+ } }
        }
    };
}

codes! {
    /// The body is not JSON.
    InvalidJson = "INVALID_JSON", 400, None;
    /// The body does not fit the schema; `validation_errors` say where.
    InvalidRequest = "INVALID_REQUEST", 400, None;
    /// The ticket id in the path is not an id.
    InvalidTicketId = "INVALID_TICKET_ID", 400, None;
    /// A query parameter is not what it should be.
    InvalidQuery = "INVALID_QUERY", 400, None;
    /// A command needs an idempotency key.
    MissingIdempotencyKey = "MISSING_IDEMPOTENCY_KEY", 400, None;
    /// The idempotency key is not a UUID, or differs from the body's request id.
    InvalidIdempotencyKey = "INVALID_IDEMPOTENCY_KEY", 400, None;
    /// Nobody is named as actor.
    MissingActorContext = "MISSING_ACTOR_CONTEXT", 400, Some("role");
    /// The actor's limits cannot be read.
    InvalidActorContext = "INVALID_ACTOR_CONTEXT", 400, Some("scope");
    /// The intake lacks what it needs.
    BlindIntakeValidationFailed = "BLIND_INTAKE_VALIDATION_FAILED", 400, Some("identity");
    /// No such tool.
    UnknownTool = "UNKNOWN_TOOL", 400, Some("tool");
    /// The conversation does not wait in a queue.
    NotInQueue = "NOT_IN_QUEUE", 400, Some("state");
    /// No token.
    AuthRequired = "AUTH_REQUIRED", 401, Some("policy");
    /// The token is not one of ours, or not any more.
    InvalidAuthToken = "INVALID_AUTH_TOKEN", 401, Some("policy");
    /// The token lacks a claim.
    InvalidAuthClaims = "INVALID_AUTH_CLAIMS", 401, Some("policy");
    /// The token names a role nobody knows.
    UnknownRole = "INVALID_AUTH_CLAIMS", 401, Some("role");
    /// E-mail and password do not belong together.
    InvalidCredentials = "INVALID_CREDENTIALS", 401, Some("policy");
    /// A webhook is not proven to come from its provider.
    WebhookSignatureInvalid = "WEBHOOK_SIGNATURE_INVALID", 401, Some("policy");
    /// The same, where the provider expects 403 (a refused subscription handshake).
    WebhookHandshakeRefused = "WEBHOOK_SIGNATURE_INVALID", 403, Some("policy");
    /// The role may not do this.
    Forbidden = "FORBIDDEN", 403, Some("role");
    /// The tool may not do this.
    ToolNotAllowed = "TOOL_NOT_ALLOWED", 403, Some("tool");
    /// The role may not use this tool.
    ToolRoleForbidden = "TOOL_ROLE_FORBIDDEN", 403, Some("role");
    /// Outside the actor's accounts, sites or teams.
    ForbiddenScope = "FORBIDDEN_SCOPE", 403, Some("scope");
    /// Assigned to somebody else.
    NotAssigned = "NOT_ASSIGNED", 403, Some("scope");
    /// The request comes from a page that may not send it.
    OriginNotAllowed = "ORIGIN_NOT_ALLOWED", 403, Some("policy");
    /// Absent, or not yours to know.
    NotFound = "NOT_FOUND", 404, None;
    /// No such ticket, or not yours to know.
    TicketNotFound = "TICKET_NOT_FOUND", 404, None;
    /// No such approval.
    ApprovalNotFound = "APPROVAL_NOT_FOUND", 404, None;
    /// No such outbox row.
    OutboxNotFound = "OUTBOX_NOT_FOUND", 404, None;
    /// No such offer.
    OfferNotFound = "OFFER_NOT_FOUND", 404, None;
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, None;
    /// Not from this state.
    InvalidStateTransition = "INVALID_STATE_TRANSITION", 409, Some("state");
    /// Somebody changed it in between.
    VersionConflict = "VERSION_CONFLICT", 409, Some("concurrency");
    /// A row with the same natural key exists.
    AlreadyExists = "ALREADY_EXISTS", 409, Some("concurrency");
    /// A message or note that the sender had not seen arrived in between.
    ConversationMoved = "CONVERSATION_MOVED", 409, Some("concurrency");
    /// The key was used for something else.
    IdempotencyPayloadMismatch = "IDEMPOTENCY_PAYLOAD_MISMATCH", 409, Some("idempotency");
    /// The first request with this key still runs.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", 409, Some("idempotency");
    /// The closeout gate is not satisfied.
    CloseoutRequirementsIncomplete = "CLOSEOUT_REQUIREMENTS_INCOMPLETE", 409, Some("evidence");
    /// A person has to look first.
    ManualReviewRequired = "MANUAL_REVIEW_REQUIRED", 409, Some("policy");
    /// Automation is paused.
    AutonomyDisabled = "AUTONOMY_DISABLED", 409, Some("policy");
    /// The same request is already a ticket.
    DuplicateIntake = "DUPLICATE_INTAKE", 409, Some("identity");
    /// Not sure enough who asks.
    LowIdentityConfidence = "LOW_IDENTITY_CONFIDENCE", 409, Some("identity");
    /// Not sure enough what is asked.
    LowClassificationConfidence = "LOW_CLASSIFICATION_CONFIDENCE", 409, Some("identity");
    /// The hand-off was not acknowledged.
    SopHandoffRequired = "SOP_HANDOFF_REQUIRED", 409, Some("policy");
    /// No such technician or vendor.
    AssignmentNotFound = "ASSIGNMENT_NOT_FOUND", 409, Some("assignment");
    /// The performer cannot do this kind of work.
    AssignmentCapabilityMismatch = "ASSIGNMENT_CAPABILITY_MISMATCH", 409, Some("assignment");
    /// The performer does not work there.
    AssignmentZoneMismatch = "ASSIGNMENT_ZONE_MISMATCH", 409, Some("assignment");
    /// The performer takes no work.
    TechUnavailable = "TECH_UNAVAILABLE", 409, Some("assignment");
    /// No technician fits.
    AssignmentRecommendationUnavailable = "ASSIGNMENT_RECOMMENDATION_UNAVAILABLE", 409, Some("assignment");
    /// Nobody says when the work is to be done.
    AssignmentRecommendationContextMissing = "ASSIGNMENT_RECOMMENDATION_CONTEXT_MISSING", 409, Some("assignment");
    /// Somebody else was recommended.
    AssignmentRecommendationMismatch = "ASSIGNMENT_RECOMMENDATION_MISMATCH", 409, Some("assignment");
    /// The schedule may not be skipped.
    AssignmentBypassDenied = "ASSIGNMENT_BYPASS_DENIED", 409, Some("policy");
    /// A person has to review the ticket first.
    ReviewRequired = "REVIEW_REQUIRED", 409, Some("policy");
    /// Something stands against the invoice; `blockers` say what.
    InvoiceBlocked = "INVOICE_BLOCKED", 409, Some("billing");
    /// There is nothing to bill, or the invoice is past this.
    InvoiceStateConflict = "INVOICE_STATE_CONFLICT", 409, Some("billing");
    /// The technician has work too far away.
    TechZoneConflict = "TECH_ZONE_CONFLICT", 409, Some("assignment");
    /// The schedule is frozen already, or the held state cannot be taken up again.
    ScheduleHoldStateConflict = "SCHEDULE_HOLD_STATE_CONFLICT", 409, Some("scheduling");
    /// Nothing says what the schedule was before it was frozen.
    HoldSnapshotMissing = "HOLD_SNAPSHOT_MISSING", 409, Some("scheduling");
    /// Not the id of the hold that freezes the schedule.
    HoldConfirmationMissing = "HOLD_CONFIRMATION_MISSING", 409, Some("scheduling");
    /// The time to confirm is over.
    CustomerConfirmationStale = "CUSTOMER_CONFIRMATION_STALE", 409, Some("scheduling");
    /// The window is not one of those on offer.
    ScheduleOptionMismatch = "SCHEDULE_OPTION_MISMATCH", 409, Some("scheduling");
    /// Somebody decided already.
    ApprovalNotPending = "APPROVAL_NOT_PENDING", 409, Some("state");
    /// The ticket cannot go where the approval says.
    InvalidApprovalTargetState = "INVALID_APPROVAL_TARGET_STATE", 409, Some("state");
    /// The event is not a dead letter.
    OutboxReplayInvalidState = "OUTBOX_REPLAY_INVALID_STATE", 409, None;
    /// The agent has no room left.
    AgentAtCapacity = "AGENT_AT_CAPACITY", 409, Some("capacity");
    /// The 24-hour window is closed.
    OutsideCustomerServiceWindow = "OUTSIDE_CUSTOMER_SERVICE_WINDOW", 409, Some("channel");
    /// The customer does not want messages.
    ContactOptedOut = "CONTACT_OPTED_OUT", 409, Some("channel");
    /// The channel cannot carry this.
    ChannelRefused = "CHANNEL_REFUSED", 409, Some("channel");
    /// The dead letter was settled already.
    DeadLetterSettled = "DEAD_LETTER_SETTLED", 409, Some("state");
    /// The quarantined event was settled already.
    QuarantineSettled = "QUARANTINE_SETTLED", 409, Some("state");
    /// It cannot be done again: what it needs is missing, or nothing changed since.
    ReplayRefused = "REPLAY_REFUSED", 409, Some("state");
    /// The cursor is older than the feed.
    CursorExpired = "CURSOR_EXPIRED", 410, None;
    /// Too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413, None;
    /// Not the expected type of body.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, None;
    /// The proofs of a draft are not all there.
    ConfirmationRequired = "CONFIRMATION_REQUIRED", 409, Some("confirmation");
    /// The token is not the draft's, or not any more.
    ConfirmationInvalid = "CONFIRMATION_INVALID", 409, Some("confirmation");
    /// The amount is above what may be done this way.
    ApprovalThreshold = "APPROVAL_THRESHOLD", 409, Some("amount");
    /// The draft is past this.
    DraftStateConflict = "DRAFT_STATE_CONFLICT", 409, Some("state");
    /// Too many.
    RateLimited = "RATE_LIMITED", 429, Some("rate_limit");
    /// A fault of ours; the reference leads to the log.
    InternalError = "INTERNAL_ERROR", 500, None;
    /// The server has no usable key to check tokens with.
    AuthConfigError = "AUTH_CONFIG_ERROR", 500, Some("policy");
    /// The event could not be written.
    OutboxInsertFailed = "OUTBOX_INSERT_FAILED", 500, Some("integration");
    /// Another system answered with an error.
    IntegrationFailed = "INTEGRATION_FAILED", 502, Some("integration");
    /// Another system failed too often; it is left alone for a while.
    CircuitOpen = "CIRCUIT_OPEN", 503, Some("integration");
    /// Not ready to serve; try again.
    NotReady = "NOT_READY", 503, Some("integration");
    /// Another system did not answer in time.
    IntegrationTimeout = "INTEGRATION_TIMEOUT", 504, Some("integration");
}
