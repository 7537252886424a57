//! What the workers need to tell somebody, and what came of it.

use patchbay_core::Ctx;
use patchbay_core::alert::wording::Wording;
use patchbay_core::alert::{AlertState, NotificationState, Telling, digest, subject, text};
use patchbay_core::ids::{NotificationId, UserId};
use patchbay_core::tool::question::Language;
use patchbay_store::alert_notifications::{self, NotificationRow};
use patchbay_store::alerts::AlertRow;
use patchbay_store::{StoreError, Tx, alerts, notification_templates};

/// Somebody to be told of an alert.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// By which way, and where to.
    pub row: NotificationRow,
    /// One line.
    pub subject: String,
    /// All of it.
    pub text: String,
}

/// Somebody to be told of several alerts.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Where to.
    pub address: String,
    /// One line.
    pub subject: String,
    /// All of it.
    pub text: String,
    /// What it tells, and what nobody needs to hear of any more.
    pub ids: Vec<NotificationId>,
}

async fn language(tx: &mut Tx, user: Option<UserId>) -> Result<Language, StoreError> {
    let Some(user) = user else { return Ok(Language::English) };
    let wishes = alert_notifications::preferences_of(tx, user).await?;
    Ok(Language::of(wishes.as_ref().map(|wishes| wishes.language.as_str())))
}

fn telling<'a>(alert: &'a AlertRow, link: &'a str, reply: Option<&'a str>) -> Telling<'a> {
    Telling { code: &alert.code, rule: &alert.rule_name, severity: alert.severity, count: alert.count, link, reply }
}

/// Begins to tell somebody, if they still are to be told. What is found half told has an unknown outcome: it stays so.
/// `public_url`: where we are reached.
pub async fn begin(
    tx: &mut Tx,
    ctx: &Ctx,
    id: NotificationId,
    public_url: &str,
) -> Result<Option<Outgoing>, StoreError> {
    let Some(row) = alert_notifications::by_id(tx, id).await? else { return Ok(None) };
    if row.state == NotificationState::Sending {
        unknown(tx, ctx, id, "whoever was telling it did not say what became of it").await?;
        return Ok(None);
    }
    let Some(alert) = alerts::by_id(tx, row.alert_id).await? else { return Ok(None) };
    let is_wanted = matches!(row.state, NotificationState::Pending | NotificationState::Failed);
    if !is_wanted {
        return Ok(None);
    }
    // Somebody looks after it, or it is over: nobody needs to be woken.
    if alert.state != AlertState::Open {
        if row.state == NotificationState::Pending {
            alert_notifications::settle(tx, id, NotificationState::Skipped, None, ctx.now).await?;
        }
        return Ok(None);
    }
    alert_notifications::settle(tx, id, NotificationState::Sending, None, ctx.now).await?;
    let language = language(tx, row.user_id).await?;
    let link = link(public_url, &alert);
    let telling = telling(&alert, &link, row.user_id.map(|_| alert.reply_code.as_str()));
    let (subject, text) = worded(tx, language, &telling).await?;
    Ok(Some(Outgoing { row, subject, text }))
}

/// Subject and text: in the words that are kept for it, else in the standard ones.
async fn worded(tx: &mut Tx, language: Language, telling: &Telling<'_>) -> Result<(String, String), StoreError> {
    let kept = notification_templates::in_force(tx, telling.code, language.as_str()).await?;
    let Some(row) = kept else { return Ok((subject(language, telling), text(language, telling))) };
    let words = Wording { subject: &row.subject, text: &row.body };
    Ok((words.subject(language, telling), words.text(language, telling)))
}

fn link(public_url: &str, alert: &AlertRow) -> String {
    match alert.conversation_id {
        Some(conversation) => format!("{public_url}/app/conversations/{conversation}"),
        None => format!("{public_url}/app/alerts"),
    }
}

/// Begins the next mail to somebody about several alerts. `None`: nothing waits for it. What was in one whose end nobody
/// knows is not told again.
pub async fn begin_digest(
    tx: &mut Tx,
    ctx: &Ctx,
    user: UserId,
    public_url: &str,
) -> Result<Option<Gathered>, StoreError> {
    for row in alert_notifications::gathered_for(tx, user, NotificationState::SendingTogether).await? {
        unknown(tx, ctx, row.id, "whoever was telling it did not say what became of it").await?;
    }
    let gathered = gathered(tx, user, public_url).await?;
    for id in gathered.iter().flat_map(|gathered| &gathered.ids) {
        alert_notifications::settle(tx, *id, NotificationState::SendingTogether, None, ctx.now).await?;
    }
    Ok(gathered)
}

/// What waits for the next mail to somebody. `None`: nothing.
pub async fn gathered(tx: &mut Tx, user: UserId, public_url: &str) -> Result<Option<Gathered>, StoreError> {
    let rows = alert_notifications::gathered_for(tx, user, NotificationState::Gathered).await?;
    let Some(address) = rows.last().map(|row| row.target.clone()) else { return Ok(None) };
    let language = language(tx, Some(user)).await?;
    let mut open = Vec::new();
    for row in &rows {
        let alert = alerts::by_id(tx, row.alert_id).await?.filter(|alert| alert.state == AlertState::Open);
        if let Some(alert) = alert
            && !open.iter().any(|(known, _): &(AlertRow, String)| known.id == alert.id)
        {
            let link = link(public_url, &alert);
            open.push((alert, link));
        }
    }
    let mut texts = Vec::with_capacity(open.len());
    for (alert, link) in &open {
        texts.push(worded(tx, language, &telling(alert, link, None)).await?.1);
    }
    let (subject, text) = if texts.is_empty() { Default::default() } else { digest(language, &texts) };
    Ok(Some(Gathered { address, subject, text, ids: rows.iter().map(|row| row.id).collect() }))
}

/// Somebody was told.
pub async fn sent(tx: &mut Tx, ctx: &Ctx, id: NotificationId) -> Result<(), StoreError> {
    alert_notifications::settle(tx, id, NotificationState::Sent, None, ctx.now).await
}

/// Nobody knows whether somebody was told: they are not told again, for the next step of the ladder comes at its time.
pub async fn unknown(tx: &mut Tx, ctx: &Ctx, id: NotificationId, problem: &str) -> Result<(), StoreError> {
    alert_notifications::settle(tx, id, NotificationState::Unknown, Some(problem), ctx.now).await
}

/// Somebody was certainly not told: it is tried again.
pub async fn not_sent(tx: &mut Tx, ctx: &Ctx, id: NotificationId) -> Result<(), StoreError> {
    alert_notifications::settle(tx, id, NotificationState::Pending, None, ctx.now).await
}

/// How a mail about several alerts ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestEnd {
    /// It was taken, or nothing in it needed telling any more.
    Taken,
    /// It was certainly not: it waits for the next one.
    NotSent,
    /// Nobody knows.
    Unknown(&'static str),
}

/// Notes what became of a mail about several alerts.
pub async fn end_digest(tx: &mut Tx, ctx: &Ctx, gathered: &Gathered, end: DigestEnd) -> Result<(), StoreError> {
    let (state, problem) = match end {
        DigestEnd::Taken if gathered.text.is_empty() => (NotificationState::Skipped, None),
        DigestEnd::Taken => (NotificationState::Sent, None),
        DigestEnd::NotSent => (NotificationState::Gathered, None),
        DigestEnd::Unknown(problem) => (NotificationState::Unknown, Some(problem)),
    };
    for id in &gathered.ids {
        alert_notifications::settle(tx, *id, state, problem, ctx.now).await?;
    }
    Ok(())
}

/// It was tried often enough: the alert shows that this person was not told, or that nobody knows.
pub async fn give_up(tx: &mut Tx, ctx: &Ctx, id: NotificationId) -> Result<(), StoreError> {
    let row = alert_notifications::by_id(tx, id).await?;
    if row.is_some_and(|row| row.state == NotificationState::Sending) {
        return unknown(tx, ctx, id, "whoever was telling it did not say what became of it").await;
    }
    let problem = Some("it was tried often enough; see the dead letters");
    alert_notifications::settle(tx, id, NotificationState::Failed, problem, ctx.now).await
}
