//! Roles, kinds of actors and portals. Source: domain, role codes; S1 (role names), S4 (portals).

use crate::vocabulary;

vocabulary! {
    /// What an actor is allowed to be.
    pub enum Role {
        /// Everything.
        Admin => "admin",
        /// Supervises teams.
        Supervisor => "supervisor",
        /// Leads one team.
        TeamLead => "team_lead",
        /// Answers customers.
        SupportAgent => "support_agent",
        /// Moves tickets.
        Dispatcher => "dispatcher",
        /// Does the work on site.
        Technician => "technician",
        /// A vendor that does the work.
        Vendor => "vendor",
        /// Verifies finished work.
        Qa => "qa",
        /// Decides approvals.
        Approver => "approver",
        /// Money.
        Finance => "finance",
        /// The customer.
        Customer => "customer",
        /// An assistant.
        AiAgent => "ai_agent",
        /// Workers and ingress.
        System => "system",
        /// Reads everything, changes nothing.
        Auditor => "auditor",
    }
}

vocabulary! {
    /// What kind of being acts.
    pub enum ActorType {
        /// A person.
        Human => "HUMAN",
        /// An assistant.
        Agent => "AGENT",
        /// Another program.
        Service => "SERVICE",
        /// Patchbay itself.
        System => "SYSTEM",
    }
}

vocabulary! {
    /// Which of the separate pages a token was made for (its audience).
    pub enum Portal {
        /// The console.
        Admin => "admin",
        /// The technician app.
        Technician => "technician",
        /// The customer's chat.
        Customer => "customer",
        /// Machines.
        Service => "service",
    }
}

impl Role {
    /// Reads the role claim of a token, with the aliases of the originals: `tech`, `audit`, `ai`, and `agent`, which is
    /// a support agent when a human says so and an assistant otherwise. `None`: nobody we know; refuse.
    pub fn from_claim(claim: &str, actor_type: Option<ActorType>) -> Option<Self> {
        match claim {
            "tech" => Some(Self::Technician),
            "audit" => Some(Self::Auditor),
            "agent" if actor_type == Some(ActorType::Human) => Some(Self::SupportAgent),
            "ai" | "agent" => Some(Self::AiAgent),
            other => other.parse().ok(),
        }
    }

    /// The kind of actor a role implies when its token does not say.
    pub fn default_actor_type(self) -> ActorType {
        match self {
            Self::AiAgent => ActorType::Agent,
            Self::System => ActorType::Service,
            _ => ActorType::Human,
        }
    }

    /// The kind of actor that has this role and says of itself to be `claimed`. Assistants and programs are never
    /// people, whatever they say.
    pub fn actor_type(self, claimed: Option<ActorType>) -> ActorType {
        match claimed {
            Some(ActorType::Human) | None => self.default_actor_type(),
            Some(claimed) => claimed,
        }
    }

    /// Whether the role works conversations in the hub.
    pub fn works_conversations(self) -> bool {
        matches!(self, Self::Admin | Self::Supervisor | Self::TeamLead | Self::SupportAgent)
    }

    /// Whether the role leads: assigns, transfers, reopens.
    pub fn leads(self) -> bool {
        matches!(self, Self::Admin | Self::Supervisor | Self::TeamLead)
    }
}
