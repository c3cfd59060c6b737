//! Who asks, and where a request comes from whose sender is not known yet.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use domain::{Caller, Once, RequestId, Timestamp};
use http::request::Parts;
use services::auth::sessions::Visit;

use crate::api::Api;
use crate::problem::Refusal;

/// The caller of a request that came with an access token or an app password.
pub struct Asker(pub Caller);

impl FromRequestParts<Api> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let caller = api.gate.recognize(parts).await?;
        Ok(Self(Caller { once: parts.extensions.get::<Once>().cloned(), ..caller }))
    }
}

/// Somebody who is not known yet.
pub struct Comer {
    address: IpAddr,
    product: String,
    request: RequestId,
    now: Timestamp,
}

impl Comer {
    /// The same in the words of the house.
    pub fn visit(&self) -> Visit<'_> {
        Visit { address: self.address, product: &self.product, request: self.request, now: self.now }
    }
}

impl FromRequestParts<Api> for Comer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Refusal> {
        let Visit { address, product, request, now } = gate::visit(parts)?;
        Ok(Self { address, product: product.to_owned(), request, now })
    }
}
