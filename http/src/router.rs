//! Endpoints that say what they are: `#[utoipa::path]` stands beside each, and gives the path and the methods here as in
//! the API document. See [the document of a release](../../docs/decisions/document-of-a-release.md).

mod said;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route};
use tower::{Layer, Service};
use utoipa::openapi::{HttpMethod, OpenApi};

use said::Said;
pub use said::SaysWhatItIs;

/// An axum router, and what its endpoints say.
pub struct OpenApiRouter<S = ()> {
    router: Router<S>,
    said: Said,
}

impl<S: Clone + Send + Sync + 'static> Default for OpenApiRouter<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> OpenApiRouter<S> {
    /// A router without endpoints.
    pub fn new() -> Self {
        Self::with_openapi(OpenApi::default)
    }

    /// A router without endpoints whose part of the document begins with this one.
    pub fn with_openapi(document: fn() -> OpenApi) -> Self {
        Self { router: Router::new(), said: Said::from(document) }
    }

    /// Adds endpoints that `routes!` gathered.
    #[must_use]
    pub fn routes(self, endpoints: Endpoints<S>) -> Self {
        let Endpoints { path, methods, said } = endpoints;
        Self { router: self.router.route(&path, methods), said: self.said.and(said) }
    }

    /// Adds what the document of `with_openapi` tells of already.
    #[must_use]
    pub fn route(self, path: &str, methods: MethodRouter<S>) -> Self {
        Self { router: self.router.route(path, methods), said: self.said }
    }

    /// Adds all endpoints of another router.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self { router: self.router.merge(other.router), said: self.said.and(other.said) }
    }

    /// Puts a layer around the endpoints that are there already.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self { router: self.router.layer(layer), said: self.said }
    }

    /// Gives the endpoints their state.
    pub fn with_state<S2>(self, state: S) -> OpenApiRouter<S2> {
        OpenApiRouter { router: self.router.with_state(state), said: self.said }
    }

    /// The routes alone.
    pub fn into_router(self) -> Router<S> {
        self.router
    }

    /// The part of the API document alone. A release has none.
    #[cfg(debug_assertions)]
    pub fn into_openapi(self) -> OpenApi {
        self.said.into_openapi()
    }
}

/// Endpoints of one path.
pub struct Endpoints<S> {
    path: String,
    methods: MethodRouter<S>,
    said: Said,
}

impl<S: Clone + Send + Sync + 'static> Endpoints<S> {
    /// The first of them. `P` is what `#[utoipa::path]` made beside the handler.
    pub fn of<P: SaysWhatItIs, H: Handler<T, S>, T: 'static>(handler: H) -> Self {
        Self { path: P::path(), methods: MethodRouter::new(), said: Said::default() }.add::<P, H, T>(handler)
    }

    /// One with other methods.
    #[must_use]
    pub fn and<P: SaysWhatItIs, H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        assert_eq!(self.path, P::path(), "one `routes!` is one path");
        self.add::<P, H, T>(handler)
    }

    fn add<P: SaysWhatItIs, H: Handler<T, S>, T: 'static>(mut self, handler: H) -> Self {
        let methods = P::methods().iter().map(filter).reduce(MethodFilter::or);
        self.methods = self.methods.on(methods.expect("`#[utoipa::path]` names a method"), handler);
        self.said.add::<P>();
        self
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// The endpoints of one path, by their handlers: `routes!(list, create)`.
#[macro_export]
macro_rules! routes {
    ($($first:ident)::+ $(, $($more:ident)::+)* $(,)?) => {
        $crate::Endpoints::of::<$crate::routes!(@said [] $($first)+), _, _>($($first)::+)
            $(.and::<$crate::routes!(@said [] $($more)+), _, _>($($more)::+))*
    };
    // `#[utoipa::path]` puts what `module::handler` says into `module::__path_handler`.
    (@said [$($module:ident)*] $handler:ident) => { $crate::paste!($($module::)* [<__path_ $handler>]) };
    (@said [$($module:ident)*] $next:ident $($rest:ident)+) => { $crate::routes!(@said [$($module)* $next] $($rest)+) };
}
