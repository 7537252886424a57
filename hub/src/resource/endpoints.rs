//! The five documented routes of a resource.

/// Writes `list`, `create`, `read`, `change` and `deactivate` for a resource, with their part of the API document.
macro_rules! endpoints {
    (
        $resource:ident at $all:tt and $one:tt tagged $tag:tt, named by $key:ident;
        $(#[doc = $list_doc:tt])+ list $query:ident;
        $(#[doc = $create_doc:tt])+ create $new:ident;
        $(#[doc = $read_doc:tt])+ read $body:ident;
        $(#[doc = $change_doc:tt])+ change by $verb:ident $change:ident;
        $(#[doc = $deactivate_doc:tt])+ deactivate;
    ) => {
        $(#[doc = $list_doc])+
        #[utoipa::path(get, path = $all, tag = $tag, params($query),
            responses((status = 200, body = patchbay_http::Page<$body>), (status = 400, description = "INVALID_QUERY"),
                      (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
        pub(super) async fn list(
            axum::extract::State(hub): axum::extract::State<$crate::state::Hub>,
            patchbay_http::Caller(ctx): patchbay_http::Caller,
            patchbay_http::Params(query): patchbay_http::Params<$query>,
        ) -> Result<axum::Json<patchbay_http::Page<$body>>, $crate::error::HubError> {
            $crate::resource::list::<$resource>(&hub, &ctx, query).await
        }

        $(#[doc = $create_doc])+
        #[utoipa::path(post, path = $all, tag = $tag,
            params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
            request_body = $new,
            responses((status = 201, body = $body), (status = 400, description = "INVALID_REQUEST"),
                      (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
                      (status = 409, description = "ALREADY_EXISTS, IDEMPOTENCY_PAYLOAD_MISMATCH"),
                      (status = 413, description = "PAYLOAD_TOO_LARGE"),
                      (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
        pub(super) async fn create(
            axum::extract::State(hub): axum::extract::State<$crate::state::Hub>,
            patchbay_http::Caller(ctx): patchbay_http::Caller,
            asked: $crate::resource::Stamped<$new>,
        ) -> Result<axum::response::Response, $crate::error::HubError> {
            $crate::resource::create::<$resource>(&hub, &ctx, asked).await
        }

        $(#[doc = $read_doc])+
        #[utoipa::path(get, path = $one, tag = $tag, params(("id" = $key, Path)),
            responses((status = 200, body = $body), (status = 401, description = "AUTH_REQUIRED"),
                      (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
        pub(super) async fn read(
            axum::extract::State(hub): axum::extract::State<$crate::state::Hub>,
            patchbay_http::Caller(ctx): patchbay_http::Caller,
            patchbay_http::Id(id): patchbay_http::Id<$key>,
        ) -> Result<axum::response::Response, $crate::error::HubError> {
            $crate::resource::read::<$resource>(&hub, &ctx, id.into()).await
        }

        $(#[doc = $change_doc])+
        #[utoipa::path($verb, path = $one, tag = $tag,
            params(("id" = $key, Path),
                   ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
                   ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
            request_body = $change,
            responses((status = 200, body = $body), (status = 400, description = "INVALID_REQUEST"),
                      (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
                      (status = 404, description = "NOT_FOUND"),
                      (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS, IDEMPOTENCY_PAYLOAD_MISMATCH"),
                      (status = 413, description = "PAYLOAD_TOO_LARGE"),
                      (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
        pub(super) async fn change(
            axum::extract::State(hub): axum::extract::State<$crate::state::Hub>,
            patchbay_http::Caller(ctx): patchbay_http::Caller,
            patchbay_http::Id(id): patchbay_http::Id<$key>,
            asked: $crate::resource::Stamped<$change>,
        ) -> Result<axum::response::Response, $crate::error::HubError> {
            $crate::resource::change::<$resource>(&hub, &ctx, id.into(), asked).await
        }

        $(#[doc = $deactivate_doc])+
        #[utoipa::path(delete, path = $one, tag = $tag,
            params(("id" = $key, Path),
                   ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
                   ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
            responses((status = 200, body = $body), (status = 400, description = "INVALID_REQUEST"),
                      (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
                      (status = 404, description = "NOT_FOUND"),
                      (status = 409, description = "VERSION_CONFLICT, IDEMPOTENCY_PAYLOAD_MISMATCH")))]
        pub(super) async fn deactivate(
            axum::extract::State(hub): axum::extract::State<$crate::state::Hub>,
            patchbay_http::Caller(ctx): patchbay_http::Caller,
            patchbay_http::Id(id): patchbay_http::Id<$key>,
            stamp: $crate::resource::Stamp,
        ) -> Result<axum::response::Response, $crate::error::HubError> {
            $crate::resource::deactivate::<$resource>(&hub, &ctx, id.into(), stamp).await
        }
    };
}

pub(crate) use endpoints;
