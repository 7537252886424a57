//! What the carrier does with STOP, START and HELP. Source: Twilio, "Support for opt-out keywords"; channels 4.7.

/// A keyword that the carrier answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Stop,
    Start,
    Help,
}

impl Keyword {
    /// Reads the whole trimmed body; YES counts as START only from somebody who had opted out.
    pub(crate) fn of(body: &str, opted_out: bool) -> Option<Self> {
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => Some(Self::Stop),
            "START" | "UNSTOP" => Some(Self::Start),
            "YES" if opted_out => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// `OptOutType` of the webhook.
    pub(crate) fn opt_out_type(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }

    /// What the customer gets back.
    pub(crate) fn answer(self) -> &'static str {
        match self {
            Self::Stop => {
                "You have successfully been unsubscribed. You will not receive any more messages from this number. \
                 Reply START to resubscribe."
            }
            Self::Start => {
                "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply \
                 STOP to unsubscribe. Msg&Data Rates May Apply."
            }
            Self::Help => "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keyword;

    #[test]
    fn only_a_whole_body_is_a_keyword_and_yes_only_after_an_opt_out() {
        assert_eq!(Keyword::of(" Stop ", false), Some(Keyword::Stop));
        assert_eq!(Keyword::of("please stop", false), None);
        assert_eq!(Keyword::of("yes", false), None);
        assert_eq!(Keyword::of("yes", true), Some(Keyword::Start));
        assert_eq!(Keyword::of("HELP", true), Some(Keyword::Help));
    }
}
