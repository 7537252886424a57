//! What endpoints say about themselves. This is the switch: a debug build gathers it, and what it gathers is committed
//! as `console/openapi.json`; a release shows that file, and nothing of the code that would make one is linked.

use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::OpenApi;

/// What `#[utoipa::path]` makes beside a handler.
pub trait SaysWhatItIs: utoipa::Path + SchemaReferences + for<'t> Tags<'t> {}

impl<P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>> SaysWhatItIs for P {}

#[cfg(debug_assertions)]
pub(super) use gathered::Said;
#[cfg(not(debug_assertions))]
pub(super) use nothing::Said;

#[cfg(debug_assertions)]
mod gathered {
    use super::{OpenApi, SaysWhatItIs};

    /// A part of the document.
    #[derive(Default)]
    pub(in crate::router) struct Said(OpenApi);

    impl Said {
        pub(in crate::router) fn from(document: fn() -> OpenApi) -> Self {
            Self(document())
        }

        pub(in crate::router) fn add<P: SaysWhatItIs>(&mut self) {
            let mut operation = P::operation();
            let tags = P::tags();
            if !tags.is_empty() {
                operation.tags.get_or_insert_default().extend(tags.into_iter().map(ToOwned::to_owned));
            }
            self.0.paths.add_path_operation(P::path(), P::methods(), operation);
            let mut schemas = Vec::new();
            P::schemas(&mut schemas);
            self.0.components.get_or_insert_default().schemas.extend(schemas);
        }

        pub(in crate::router) fn and(mut self, other: Self) -> Self {
            self.0.merge(other.0);
            self
        }

        pub(in crate::router) fn into_openapi(self) -> OpenApi {
            self.0
        }
    }
}

#[cfg(not(debug_assertions))]
mod nothing {
    use super::{OpenApi, SaysWhatItIs};

    /// Nothing.
    #[derive(Default)]
    pub(in crate::router) struct Said;

    impl Said {
        pub(in crate::router) fn from(_document: fn() -> OpenApi) -> Self {
            Self
        }

        pub(in crate::router) fn add<P: SaysWhatItIs>(&mut self) {}

        pub(in crate::router) fn and(self, _other: Self) -> Self {
            self
        }
    }
}
