//! A template with everything filled in, checked against what the provider says it asks for.

use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::consent::ConsentScope;
use patchbay_core::inbox::Provider;
use patchbay_core::item::ContentType;
use patchbay_core::template::{
    HeaderValue, Shape, TemplateCategory, TemplateContent, TemplateStatus, Unfit, check_values, fill,
};
use patchbay_http::ApiError;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::templates::{self, TemplateRow};
use patchbay_store::{Tx, consents};
use serde_json::json;
use uuid::Uuid;

use super::accept::Draft;
use super::body::{TemplateHeaderBody, TemplateReplyBody};
use crate::error::HubError;

/// The draft of a template message. Errors: 400 `INVALID_REQUEST` naming the field, 409 `CHANNEL_REFUSED`.
pub(super) async fn draft(
    tx: &mut Tx,
    provider: &Provider,
    row: &ConversationRow,
    body: TemplateReplyBody,
    client_message_id: Uuid,
) -> Result<Draft, HubError> {
    if row.channel != Channel::Whatsapp {
        return Err(ApiError::new(Code::ChannelRefused, "templates exist on WhatsApp only").into());
    }
    let template = templates::by_name(tx, row.inbox_id, &body.template_name, &body.language)
        .await?
        .ok_or_else(|| ApiError::invalid("template_name", "the inbox has no such template in this language"))?;
    if template.status != TemplateStatus::Approved {
        let message = format!("the template is not approved: it is {}", template.status);
        return Err(ApiError::invalid("template_name", message).into());
    }
    let address = &row.contact_address;
    if template.category == TemplateCategory::Marketing
        && consents::is_suppressed(tx, row.channel, address, ConsentScope::Marketing).await?
    {
        return Err(ApiError::new(Code::ContactOptedOut, "the customer does not want advertising here").into());
    }
    if i64::try_from(body.params.len()) != Ok(template.param_count) {
        let message = format!("the template has {} placeholders", template.param_count);
        return Err(ApiError::invalid("params", message).into());
    }
    let shape = Shape::of(&template.components);
    let (header, file) = header(body.header);
    let unfit = |Unfit { field, problem }: Unfit| ApiError::invalid(field, problem);
    check_values(&body.params, header.as_ref(), &body.buttons).map_err(unfit)?;
    if let Some(shape) = &shape {
        shape.check(header.as_ref(), &body.buttons).map_err(unfit)?;
    }
    if matches!(provider, Provider::Twilio(_)) {
        through_twilio(&template, header.as_ref(), body.buttons.len())?;
    }
    let text = text(&template, shape.as_ref(), &body.params);
    let names = shape.filter(Shape::is_named).map(|shape| shape.placeholders).unwrap_or_default();
    let file_kind = match &header {
        Some(HeaderValue::Image) => ContentType::Image,
        Some(HeaderValue::Video) => ContentType::Video,
        _ => ContentType::Document,
    };
    let content = TemplateContent {
        name: template.name,
        language: template.language,
        params: body.params,
        names,
        header,
        buttons: body.buttons,
        provider_id: template.provider_id,
    };
    Ok(Draft {
        text: Some(text),
        files: file.into_iter().collect(),
        file_kind,
        metadata: json!({ "template": content, "category": template.category }),
        ..Draft::new(ContentType::Template, client_message_id)
    })
}

fn header(given: Option<TemplateHeaderBody>) -> (Option<HeaderValue>, Option<Uuid>) {
    match given {
        None => (None, None),
        Some(TemplateHeaderBody::Text { text }) => (Some(HeaderValue::Text { text }), None),
        Some(TemplateHeaderBody::Image { media_id }) => (Some(HeaderValue::Image), Some(media_id)),
        Some(TemplateHeaderBody::Video { media_id }) => (Some(HeaderValue::Video), Some(media_id)),
        Some(TemplateHeaderBody::Document { media_id }) => (Some(HeaderValue::Document), Some(media_id)),
        Some(TemplateHeaderBody::Location { location }) => (Some(HeaderValue::Location { location }), None),
    }
}

/// Twilio sends templates by their id, with one list of variables for all of it.
fn through_twilio(template: &TemplateRow, header: Option<&HeaderValue>, buttons: usize) -> Result<(), ApiError> {
    if template.provider_id.as_deref().is_none_or(|id| !id.starts_with("HX")) {
        let why = "the template has no Twilio id (HX…): synchronize the inbox's templates, or give it one";
        return Err(ApiError::new(Code::ChannelRefused, why));
    }
    if header.is_some() || buttons > 0 {
        let why = "through Twilio everything that varies stands in params";
        return Err(ApiError::new(Code::ChannelRefused, why));
    }
    Ok(())
}

/// The template's text as the customer will read it.
fn text(template: &TemplateRow, shape: Option<&Shape>, params: &[String]) -> String {
    match shape.filter(|shape| shape.is_named()) {
        None => fill(&template.body, params),
        Some(shape) => shape
            .placeholders
            .iter()
            .zip(params)
            .fold(template.body.clone(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value)),
    }
}
