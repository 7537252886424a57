//! Identifiers as types. Every id is a UUID v7 so that it sorts by time of creation; a bare `Uuid` never crosses a
//! function boundary as an id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts after every id this process made before.
            #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+

    /// Runs `$macro!` with every id type of this crate; the store uses it to teach the engines our ids.
    #[macro_export]
    macro_rules! for_each_id {
        ($then:ident) => { $then! { $($name),+ } };
    }
    };
}

ids! {
    /// A customer organisation.
    AccountId,
    /// A place of an account where work is done.
    SiteId,
    /// A vehicle or a piece of equipment.
    AssetId,
    /// A part of the country that technicians cover.
    ZoneId,
    /// An entry of the catalog of services.
    ServiceId,
    /// A version of what an incident type asks for.
    IncidentTemplateId,
    /// A rule that ranks tickets.
    RankingRuleId,
    /// A rule that says where a conversation belongs.
    RoutingRuleId,
    /// What is promised to the customers of a team.
    SlaPolicyId,
    /// Something that needs somebody's eye.
    AlertId,
    /// A rule that says what becomes an alert.
    AlertRuleId,
    /// Who is told of an alert, and who next.
    LadderId,
    /// Who is on call when.
    OnCallScheduleId,
    /// One person told of one alert by one way.
    NotificationId,
    /// What people are told of alerts, in the words of whoever runs this.
    NotificationTemplateId,
    /// Something that the hub does by itself, or an agent asks for.
    AutomationId,
    /// One time that it did.
    AutomationRunId,
    /// One run of a policy that says how long what is kept.
    RetentionRunId,
    /// A thread of talk among agents.
    InternalThreadId,
    /// One message of it.
    InternalMessageId,
    /// A stretch of time that a technician is away.
    TimeOffId,
    /// A person who writes to us.
    ContactId,
    /// One address of a contact on one channel.
    IdentityId,
    /// Two contacts that were found to be one.
    MergeId,
    /// A list of contacts being read in.
    ContactImportId,
    /// One configured address of ours on one channel.
    InboxId,
    /// A conversation of one contact in one inbox.
    ConversationId,
    /// One message of a conversation.
    MessageId,
    /// A stored media file.
    MediaId,
    /// An event of the durable feed.
    EventId,
    /// A person who logs in.
    UserId,
    /// A team of users.
    TeamId,
    /// An internal note on a conversation.
    NoteId,
    /// A tag.
    TagId,
    /// A canned response.
    CannedResponseId,
    /// A WhatsApp template.
    TemplateId,
    /// A background job.
    JobId,
    /// A piece of evidence of a ticket.
    EvidenceId,
    /// One attempt to hand a message to a provider.
    AttemptId,
    /// A dead letter.
    DeadLetterId,
    /// A quarantined inbound event.
    QuarantineId,
    /// Requests of the journal that were accepted together.
    JournalSegmentId,
    /// A repair of many dead letters or quarantined events.
    RepairId,
    /// A refresh-token family: one login on one device.
    SessionId,
    /// A ticket, also called job or work order.
    TicketId,
    /// A person who does the work on site.
    TechnicianId,
    /// A company that does the work on site.
    VendorId,
    /// An invoice.
    InvoiceId,
    /// A window that was offered for a ticket.
    ScheduleOptionId,
    /// A freeze of a ticket's schedule.
    ScheduleHoldId,
    /// An appointment to do the work.
    AppointmentId,
    /// A ranking of the technicians who could do the work of a ticket.
    RecommendationId,
    /// A question that somebody has to decide.
    ApprovalId,
    /// A row of the audit log.
    AuditId,
    /// A row of the outbox.
    OutboxId,
    /// Somebody else's address that hears of our events.
    WebhookId,
    /// One event on its way to such an address.
    WebhookDeliveryId,
    /// One try to hand such an event over.
    WebhookAttemptId,
    /// Whoever acts: a user, a service, a contact on whose behalf the ingress acts.
    ActorId,
    /// One running process of an installation.
    NodeId,
    /// One open socket.
    SocketId,
    /// One request.
    RequestId,
    /// A draft that an assistant made.
    ToolDraftId,
    /// A call of a tool.
    ToolCallId,
    /// A closing or transfer record, a read mark, a link: rows that need an id and nothing else.
    RecordId,
}
